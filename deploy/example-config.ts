import { stringify } from "yaml";
import type { z } from "zod";

type Node = z.core.JSONSchema.BaseSchema;

const LINE_WIDTH = 110;

/**
 * Writes every key of the config with what it means, what it may be and its default, from the JSON Schema.
 * Keys that may be left out stand behind a `#` with no space before the key: remove it to use them.
 *
 * @throws Error when a key has neither a default nor an example, or no description: the schema is then incomplete.
 */
export function exampleConfig(schema: Node): string {
  const lines = Object.entries(properties(schema)).flatMap(([key, node]) => [
    "",
    ...keyLines(schema, node, { key, path: key, indent: "", isRequired: isRequired(schema, key) }),
  ]);
  return `${[...HEAD, ...lines].join("\n")}\n`;
}

const HEAD = [
  "# yaml-language-server: $schema=./tillgate.schema.json",
  "# Every key of tillgate.yaml. Written by `npm run generate` from the schema: change it there.",
  "# A key directly behind a # may be left out; remove the # of its whole block to use it.",
  "# Names and numbers here are invented.",
  "# Check your own with: tillgate check --config FILE",
];

interface Key {
  readonly key: string;
  readonly path: string;
  readonly indent: string;
  readonly isRequired: boolean;
}

function keyLines(root: Node, node: Node, { key, path, indent, isRequired: required }: Key): string[] {
  const target = dereference(root, node);
  const isOptional = !required && node.default === undefined;
  const body = [...comment(node, path, indent), ...valueLines(root, target, node, { key, path, indent })];
  return isOptional ? disabled(body, indent) : body;
}

type Where = Omit<Key, "isRequired">;

function valueLines(root: Node, target: Node, node: Node, { key, path, indent }: Where): string[] {
  if (target.properties !== undefined) return [`${indent}${key}:`, ...sectionLines(root, target, path, `${indent}  `)];
  const item = itemOf(root, target);
  if (item?.some(({ properties: inner }) => inner !== undefined) === true) {
    return [`${indent}${key}:`, ...item.flatMap((entry) => entryLines(root, entry, `${path}[]`, `${indent}  `))];
  }
  return [`${indent}${key}: ${inOneLine(sample(node, path))}`];
}

function sectionLines(root: Node, section: Node, path: string, indent: string): string[] {
  return Object.entries(properties(section)).flatMap(([key, node]) =>
    keyLines(root, node, { key, path: `${path}.${key}`, indent, isRequired: isRequired(section, key) }),
  );
}

/** A list's entry: its first key, which is required, carries the dash. */
function entryLines(root: Node, entry: Node, path: string, indent: string): string[] {
  const lines = sectionLines(root, entry, path, `${indent}  `);
  const first = lines.findIndex((line) => !isComment(line));
  return lines.map((line, index) => {
    if (index > first) return line;
    return index === first ? `${indent}- ${line.trimStart()}` : indent + line.trimStart();
  });
}

function comment(node: Node, path: string, indent: string): string[] {
  if (node.description === undefined) throw new Error(`${path} has no description`);
  return wrap([node.description, range(node), preset(node)].filter((part) => part !== "").join(" "), indent);
}

function range(node: Node): string {
  if (node.enum !== undefined) return `One of: ${node.enum.map(String).join(", ")}.`;
  return node.minimum === undefined || node.maximum === undefined ? "" : `${node.minimum} to ${node.maximum}.`;
}

function preset(node: Node): string {
  const value: unknown = node.default;
  const isScalar = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return isScalar ? `Default: ${value}.` : "";
}

/** The default, else the first example. */
function sample(node: Node, path: string): unknown {
  const value: unknown = node.default ?? node.examples?.[0];
  if (value === undefined) throw new Error(`${path} has neither a default nor an example`);
  return value;
}

function itemOf(root: Node, list: Node): Node[] | undefined {
  const item = list.items;
  if (!isNode(item)) return undefined;
  const target = dereference(root, item);
  return target.oneOf === undefined ? [target] : target.oneOf.filter(isNode);
}

function dereference(root: Node, node: Node): Node {
  const name = node.$ref?.replace("#/$defs/", "");
  const target = name === undefined ? undefined : root.$defs?.[name];
  return isNode(target) ? target : node;
}

function properties(node: Node): Record<string, Node> {
  return Object.fromEntries(
    Object.entries(node.properties ?? {}).flatMap(([key, value]) => (isNode(value) ? [[key, value]] : [])),
  );
}

/** Or shown as if it were: a section that needs one of several keys has an example that says which. */
function isRequired(section: Node, key: string): boolean {
  const example: unknown = section.examples?.[0];
  return section.required?.includes(key) === true || (isNode(example) && key in example);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function inOneLine(value: unknown): string {
  return stringify(value, {
    collectionStyle: "flow",
    lineWidth: 0,
    flowCollectionPadding: !Array.isArray(value),
  }).trim();
}

/** Puts the `#` of a whole block into one column. The comment above its first key is one already. */
function disabled(lines: readonly string[], indent: string): string[] {
  const first = lines.findIndex((line) => !isComment(line));
  return lines.map((line, index) => (index < first ? line : `${indent}#${line.slice(indent.length)}`));
}

function isComment(line: string): boolean {
  return line.trimStart().startsWith("#");
}

function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > LINE_WIDTH) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
