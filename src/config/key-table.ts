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
  /** The path of the reference to a secret that the path is or lies in, `undefined` elsewhere. */
  secretAt(path: Path): Path | undefined;
  /** Whether a single value (text, number, truth value) belongs there. */
  isScalar(path: Path): boolean;
}

/** The JSON Schema of what people write, before defaults are filled in. */
export function jsonSchemaOf(schema: z.ZodType): Node {
  return z.toJSONSchema(schema, {
    io: "input",
    target: "draft-2020-12",
    // zod leaves examples out where a value is transformed, as they could be of the result. Ours are what people write.
    override: ({ zodSchema, jsonSchema }) => {
      const examples = z.globalRegistry.get(zodSchema)?.["examples"];
      if (Array.isArray(examples)) jsonSchema.examples = examples;
    },
  });
}

/** @param root  The values as written: they tell which family's keys an acquirer may have. */
export function keyTable(schema: z.ZodType, root: unknown): KeyTable {
  const top = jsonSchemaOf(schema);

  const at = (path: Path): { node: Node | undefined; secret: Path | undefined } => {
    let node: Node | undefined = top;
    let secret: Path | undefined;
    path.forEach((step, index) => {
      const inside: Node | undefined = branchFor(node, valueAt(root, path.slice(0, index)));
      const next: unknown = typeof step === "number" ? inside?.items : inside?.properties?.[step];
      node = isNode(next) ? next : undefined;
      if (node?.$ref?.endsWith("/SecretReference") === true) secret = path.slice(0, index + 1);
    });
    return { node: branchFor(node, valueAt(root, path)), secret };
  };

  return {
    keysAt: (path) => Object.keys(at(path).node?.properties ?? {}),
    defaultAt: (path) => at(path).node?.default,
    secretAt: (path) => at(path).secret,
    isScalar: (path) => ["string", "integer", "number", "boolean"].includes(String(at(path).node?.type)),
  };
}

/** The known word that was probably meant: at most every third character differs, or its letters are in disorder. */
export function nearestOf(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || word.length > 64) return undefined;
  const candidate = closest(
    word.toLowerCase(),
    known.map((key) => key.toLowerCase()),
  );
  const nearest = known.find((key) => key.toLowerCase() === candidate);
  if (nearest === undefined) return undefined;
  const isNear = distance(word.toLowerCase(), candidate) <= Math.max(1, nearest.length / 3);
  return isNear || lettersOf(word) === lettersOf(nearest) ? nearest : undefined;
}

function lettersOf(word: string): string {
  return word.toLowerCase().split("").sort().join("");
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
