import type { z } from "zod";
import { SECRET_REFERENCE_IN_WORDS } from "../runtime/secret-reference.ts";
import { optionsOf } from "./allowed.ts";
import { foundInWords, scalarText, valueAt } from "./found.ts";
import { type KeyTable, nearestOf } from "./key-table.ts";
import { displayKey, type Path, type Unplaced } from "./problem.ts";
import type { Tree } from "./tree.ts";

/** Turns what zod found into problems that say what to do. */
export function schemaProblems(issues: readonly z.core.$ZodIssue[], tree: Tree, keys: KeyTable): Unplaced[] {
  const secrets = new Map<string, Path>();
  const others = issues.filter((issue) => {
    const secret = keys.secretAt(pathOf(issue));
    if (secret === undefined || valueAt(tree.value, secret) === undefined) return true;
    secrets.set(JSON.stringify(secret), secret);
    return false;
  });
  const unknown = others.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => unknownKey(pathOf(issue), key, keys)) : [],
  );
  const misspelt = new Set(
    unknown.flatMap(({ path, nearest }) => (nearest === undefined ? [] : [sibling(path, nearest)])),
  );
  const wrong = others
    .filter((issue) => issue.code !== "unrecognized_keys")
    .map((issue) => wrongValue(issue, tree, keys))
    // A misspelt key would else be reported twice: as unknown, and as missing.
    .filter(({ path }) => !(valueAt(tree.value, path) === undefined && misspelt.has(JSON.stringify(path))));
  return [...[...secrets.values()].map((path) => wrongSecret(path, tree)), ...unknown, ...wrong];
}

/** One problem however much is wrong with it: even its keys may be the secret. */
function wrongSecret(path: Path, tree: Tree): Unplaced {
  return {
    path,
    found: foundInWords(valueAt(tree.value, path), undefined, false),
    allowed: SECRET_REFERENCE_IN_WORDS,
    remedy: "put the secret into a file that only the daemon can read, and write here: { file: /PATH/OF/IT }",
  };
}

function pathOf(issue: z.core.$ZodIssue): Path {
  return issue.path.map((step) => (typeof step === "number" ? step : String(step)));
}

function sibling(path: Path, key: string): string {
  return JSON.stringify([...path.slice(0, -1), key]);
}

function unknownKey(section: Path, key: string, keys: KeyTable): Unplaced {
  const known = keys.keysAt(section);
  const nearest = nearestOf(key, known);
  return {
    path: [...section, key],
    atKey: true,
    found: `an unknown key: ${displayKey(key)}`,
    allowed: known.join(", "),
    remedy: nearest === undefined ? "remove the key, or move it to its section" : `write ${nearest}`,
    ...(nearest === undefined ? {} : { nearest }),
  };
}

function wrongValue(issue: z.core.$ZodIssue, tree: Tree, keys: KeyTable): Unplaced {
  const path = pathOf(issue);
  const value = valueAt(tree.value, path);
  const position = tree.positions.get(JSON.stringify(path));
  const words = {
    path,
    found: path.length === 0 && value === null ? "no keys at all" : foundInWords(value, position, keys.isScalar(path)),
    allowed: expectsSection(issue) ? `a section with the keys ${keys.keysAt(path).join(", ")}` : issue.message,
  };
  const nearest = typeof value === "string" ? nearestOf(value, choicesOf(issue)) : undefined;
  if (nearest !== undefined) return { ...words, remedy: `write ${nearest}`, nearest };
  return { ...words, remedy: remedyOf(issue, path, value, position?.source, keys) };
}

function expectsSection(issue: z.core.$ZodIssue): boolean {
  return issue.code === "invalid_type" && issue.expected === "object";
}

function choicesOf(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === "invalid_value") return issue.values.map(String);
  return issue.code === "invalid_union" ? optionsOf(issue).map(String) : [];
}

function remedyOf(
  issue: z.core.$ZodIssue,
  path: Path,
  value: unknown,
  source: string | undefined,
  keys: KeyTable,
): string {
  if (issue.code === "custom" && typeof issue.params?.["remedy"] === "string") return issue.params["remedy"];
  if (path.length === 0) return "start from deploy/tillgate.example.yaml";
  if (value === undefined) return `add the key ${String(path.at(-1) ?? "")}`;
  const otherwise = orDefault(keys.defaultAt(path));
  if (value === null) return `give it a value${otherwise === "" ? ", or remove the line" : otherwise}`;
  const written = source ?? scalarText(value);
  if (written !== undefined && isText(issue, written)) return `put it in quotes: "${written}"`;
  if (typeof value === "string" && isUnquotable(issue, value)) return `write ${value} without quotes${otherwise}`;
  return expectsSection(issue)
    ? "write its keys below it, indented by two spaces"
    : `set it to what is allowed${otherwise}`;
}

function orDefault(preset: unknown): string {
  return typeof preset === "string" || typeof preset === "number" || typeof preset === "boolean"
    ? `, or remove the line: the default is ${preset}`
    : "";
}

/** A number or truth value where text belongs: `00000123` or 5 without quotes. */
function isText(issue: z.core.$ZodIssue, written: string): boolean {
  if (issue.code === "invalid_type") return issue.expected === "string";
  return issue.code === "invalid_value" && issue.values.includes(written);
}

/** A number or truth value that was written in quotes. */
function isUnquotable(issue: z.core.$ZodIssue, value: string): boolean {
  if (issue.code !== "invalid_type") return false;
  return issue.expected === "boolean"
    ? /^(true|false)$/.test(value)
    : issue.expected === "number" && /^\d{1,9}$/.test(value);
}
