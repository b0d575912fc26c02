import { isAlias, isMap, isScalar, type ParsedNode, type YAMLMap, type YAMLSeq } from "yaml";
import type { Path, Unplaced } from "./problem.ts";
import { SYNTAX_WORDS } from "./syntax-words.ts";

export interface Position {
  /** Offset of the key, or of the value where there is no key. */
  readonly key: number;
  readonly value: number;
  /** A scalar as it is written, without quotes. */
  readonly source?: string;
  /** Written on more than one line. */
  readonly multiLine: boolean;
}

export interface Tree {
  /** Plain values; `undefined` stands for what could not be read. */
  readonly value: unknown;
  /** By the path as JSON. */
  readonly positions: ReadonlyMap<string, Position>;
}

/** What {@link readTree} itself finds fault with. */
export interface TreeFaults {
  readonly duplicates: readonly Unplaced[];
  /** Values are missing where these stood. */
  readonly anchors: readonly Unplaced[];
  readonly colonless: readonly Unplaced[];
}

/**
 * Turns a parsed document into plain values, each with its place. Of duplicate keys the last one counts.
 * Aliases are refused: ten lines of them can stand for billions of values, and a config needs none.
 */
export function readTree(contents: ParsedNode | null, text: string): Tree & TreeFaults {
  const positions = new Map<string, Position>();
  const duplicates: Unplaced[] = [];
  const anchors: Unplaced[] = [];
  const colonless: Unplaced[] = [];

  const read = (node: ParsedNode | null, path: Path, keyOffset: number | undefined): unknown => {
    const start = node?.range[0] ?? keyOffset ?? 0;
    positions.set(JSON.stringify(path), {
      key: keyOffset ?? start,
      value: start,
      ...(isScalar(node) && node.source !== undefined ? { source: node.source } : {}),
      multiLine: node !== null && text.slice(node.range[0], node.range[1]).trimEnd().includes("\n"),
    });
    if (node === null) return null;
    if (isAlias(node) || node.anchor !== undefined) {
      anchors.push({ path, ...SYNTAX_WORDS.BAD_ALIAS });
      return undefined;
    }
    if (isScalar(node)) return node.value;
    return isMap(node) ? readMap(node, path) : readList(node, path);
  };

  const readList = (node: YAMLSeq.Parsed, path: Path): unknown[] =>
    node.items.map((item, index) => read(item, [...path, index], undefined));

  const readMap = (node: YAMLMap.Parsed, path: Path): unknown => {
    const entries = new Map<string, unknown>();
    for (const { key, value } of node.items) {
      if (!isScalar(key) || typeof key.value !== "string") continue;
      const here = [...path, key.value];
      if (value === null) {
        colonless.push({ path, ...SYNTAX_WORDS.MISSING_CHAR });
        continue;
      }
      if (entries.has(key.value)) {
        duplicates.push({
          path: here,
          atKey: true,
          found: "a key that stands twice in its section",
          allowed: "each key once",
          remedy: "keep the one that is meant and remove the other",
        });
      }
      entries.set(key.value, read(value, here, key.range[0]));
    }
    return Object.fromEntries(entries);
  };

  return { value: read(contents, [], undefined), positions, duplicates, anchors, colonless };
}
