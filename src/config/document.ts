import { CST, LineCounter, Parser, parseDocument } from "yaml";
import { displayPath, type Path, type Place, type Problem, type Unplaced } from "./problem.ts";
import { SYNTAX_WORDS } from "./syntax-words.ts";
import { readTree, type Tree } from "./tree.ts";

/** Bytes. A config with 1,000 terminals and a comment to each is a third of this. */
const MAX_BYTES = 1_048_576;
/** Levels of lists and mappings. The schema needs 5. */
const MAX_DEPTH = 32;
/** Parts of a YAML file, comments and line ends between sections included. */
const MAX_TOKENS = 100_000;

/** The text of a config as values with their places. */
export interface ConfigDocument extends Tree {
  /** What is wrong with the text as YAML. */
  readonly problems: readonly Problem[];
  /** Parts of the text may be missing from `value`. */
  readonly broken: boolean;
  place(unplaced: Unplaced): Problem;
}

/** Reads YAML without ever throwing, in bounded time and stack, whatever the text. */
export function readDocument(text: string): ConfigDocument {
  const unreadable = whyUnreadable(text);
  if (unreadable !== undefined) {
    return {
      value: undefined,
      positions: new Map(),
      problems: [unreadable],
      broken: true,
      place: placer(new Map(), top),
    };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    // Found in readTree, where the path is known.
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: "error",
  });
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const syntax = [...document.errors, ...document.warnings].map(({ code, pos }): Problem => ({
    path: "",
    ...placeOf(pos[0]),
    ...SYNTAX_WORDS[code],
  }));
  const { value, positions, duplicates, anchors, colonless } = readTree(document.contents, text);
  const place = placer(positions, placeOf);
  // A key without a colon is a syntax error in most places already.
  const faults = [...duplicates, ...anchors, ...(syntax.length > 0 ? [] : colonless)];
  return {
    value,
    positions,
    problems: [...syntax, ...faults.map(place)],
    broken: syntax.length + anchors.length + colonless.length > 0,
    place,
  };
}

function top(): Place {
  return { line: 1, column: 1 };
}

function placer(positions: Tree["positions"], placeOf: (offset: number) => Place): (unplaced: Unplaced) => Problem {
  return ({ path, atKey, ...words }) => ({
    path: displayPath(path),
    ...placeOf(offsetOf(positions, path, atKey === true)),
    ...words,
  });
}

/** What is missing has no place: that of the section around it is the next best. */
function offsetOf(positions: Tree["positions"], path: Path, atKey: boolean): number {
  for (let length = path.length; length >= 0; length--) {
    const position = positions.get(JSON.stringify(path.slice(0, length)));
    if (position !== undefined) return atKey || length < path.length ? position.key : position.value;
  }
  return 0;
}

/**
 * The parser that builds values recurses, and V8 ends the process when a regular expression is compiled on an
 * exhausted stack: so nesting is measured first, on the flat token parser, which does not recurse.
 */
function whyUnreadable(text: string): Problem | undefined {
  const whole = { path: "", line: 1, column: 1 };
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) {
    return {
      ...whole,
      found: `a file of ${bytes} bytes`,
      allowed: `at most ${MAX_BYTES} bytes`,
      remedy: "check that this is the right file",
    };
  }
  const { depth, tokens } = measure(text);
  if (depth > MAX_DEPTH) {
    return {
      ...whole,
      found: `more than ${MAX_DEPTH} levels of nesting`,
      allowed: `at most ${MAX_DEPTH} levels`,
      remedy: "remove the brackets or dashes that open levels without need",
    };
  }
  if (tokens > MAX_TOKENS) {
    return {
      ...whole,
      found: `more than ${MAX_TOKENS} parts`,
      allowed: `at most ${MAX_TOKENS} keys, values and comments`,
      remedy: "check that this is the right file",
    };
  }
  return undefined;
}

function measure(text: string): { depth: number; tokens: number } {
  let depth = 0;
  let tokens = 0;
  for (const token of new Parser().parse(text)) {
    const open: { token: CST.Token; level: number }[] = [{ token, level: 0 }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      depth = Math.max(depth, next.level);
      tokens += 1;
      if (depth > MAX_DEPTH || tokens > MAX_TOKENS) return { depth, tokens };
      for (const child of childrenOf(next.token)) open.push({ token: child, level: next.level + 1 });
    }
  }
  return { depth, tokens };
}

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === "document") return token.value === undefined ? [] : [token.value];
  if (!CST.isCollection(token)) return [];
  return token.items.flatMap(({ key, value }) => [key, value].filter((part) => part !== null && part !== undefined));
}
