import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import { asSection, valueAt } from "./found.ts";
import type { Path } from "./problem.ts";

type Node = z.core.JSONSchema.BaseSchema;

/** Looks keys up in the schema by their path. Reads the JSON Schema: the same that editors complete from. */
export interface KeyTable {
  /** Keys that a section may have, in the schema's order; none when the path is no section. */
  keysAt(path: Path): readonly string[];
  defaultAt(path: Path): unknown;
  isSecret(path: Path): boolean;
  /** Whether a single value (text, number, truth value) belongs there. */
  isScalar(path: Path): boolean;
}

/** The JSON Schema of what people write, before defaults are filled in. */
export function jsonSchemaOf(schema: z.ZodType): Node {
  return z.toJSONSchema(schema, { io: "input", target: "draft-2020-12" });
}

/** @param root  The values as written: they tell which family's keys an acquirer may have. */
export function keyTable(schema: z.ZodType, root: unknown): KeyTable {
  const top = jsonSchemaOf(schema);

  const at = (path: Path): { node: Node | undefined; secret: boolean } => {
    let node: Node | undefined = top;
    let secret = false;
    path.forEach((step, index) => {
      const inside: Node | undefined = branchFor(node, valueAt(root, path.slice(0, index)));
      const next: unknown = typeof step === "number" ? inside?.items : inside?.properties?.[step];
      node = isNode(next) ? next : undefined;
      secret ||= node?.$ref?.endsWith("/SecretReference") === true;
    });
    return { node: branchFor(node, valueAt(root, path)), secret };
  };

  return {
    keysAt: (path) => Object.keys(at(path).node?.properties ?? {}),
    defaultAt: (path) => at(path).node?.default,
    isSecret: (path) => at(path).secret,
    isScalar: (path) => ["string", "integer", "number", "boolean"].includes(String(at(path).node?.type)),
  };
}

/** The known word that was probably meant: at most every third character differs. */
export function nearestOf(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || word.length > 64) return undefined;
  const candidate = closest(
    word.toLowerCase(),
    known.map((key) => key.toLowerCase()),
  );
  const nearest = known.find((key) => key.toLowerCase() === candidate);
  return nearest !== undefined && distance(word.toLowerCase(), candidate) <= Math.max(1, nearest.length / 3)
    ? nearest
    : undefined;
}

/** Of a union the branch that the value belongs to, else the first. */
function branchFor(node: Node | undefined, value: unknown): Node | undefined {
  if (node?.oneOf === undefined) return node;
  const branches = node.oneOf.filter(isNode);
  return branches.find((branch) => fits(branch, value)) ?? branches[0];
}

/** Whether the constants of a branch, such as `family`, are those of the value. */
function fits(branch: Node, value: unknown): boolean {
  const section = asSection(value);
  return Object.entries(branch.properties ?? {}).every(
    ([key, property]) => !isNode(property) || property.const === undefined || property.const === section?.[key],
  );
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
