import { cut, type Path } from "./problem.ts";
import type { Position } from "./tree.ts";

/** The value at a path of plain values, `undefined` when there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof step === "number") return Array.isArray(value) ? value[step] : undefined;
    const section = asSection(value);
    return section !== undefined && Object.hasOwn(section, step) ? section[step] : undefined;
  }, root);
}

/** A mapping as such, else `undefined`. */
export function asSection(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isSection(value) ? value : undefined;
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A single value as text, `undefined` for lists, sections and nothing. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/**
 * Names a value without giving anything away: nothing of a secret's place, nothing that may have swallowed
 * its neighbours through a stray quote, and of an address nothing before the `@`.
 */
export function foundInWords(value: unknown, position: Position | undefined, mayShow: boolean): string {
  if (value === undefined) return "nothing";
  if (value === null) return "a key without a value";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  const shown = scalarText(value);
  if (shown === undefined) return "a section of keys with values";
  const swallows = position?.multiLine === true || /[:=,]\s|PRIVATE/.test(shown);
  if (!mayShow || swallows) {
    return typeof value === "string" ? "text, not shown" : `a ${typeName(value)}, not shown`;
  }
  if (typeof value === "string") return cut(JSON.stringify(shown.replace(/^.*@/s, "***@")));
  return `${position?.source ?? shown}, a ${typeName(value)}`;
}

function typeName(value: unknown): string {
  return typeof value === "number" ? "number" : "truth value";
}
