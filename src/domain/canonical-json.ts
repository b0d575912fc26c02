/** Deeper than any record of ours; a bound on the stack, and the end of a value that contains itself. */
const MAX_DEPTH = 64;

/** What `JSON.stringify` would write differently: control characters, quote, backslash, half a surrogate pair. */
const NEEDS_CARE = /[\p{Cc}\p{Cs}"\\]/u;

/**
 * The one way to write a JSON value (RFC 8785): members sorted by their names' UTF-16 code units, no white space,
 * numbers and strings as ECMAScript writes them. Members that are `undefined` are left out.
 *
 * @throws TypeError naming the member for anything that is not JSON: NaN, infinities, bigint, functions, symbols,
 *   `undefined` in an array, objects of a class, half a surrogate pair, a member called `__proto__`
 *   (it would change the object that a careless reader copies it into), more than 64 levels.
 */
export function canonicalJson(value: unknown): string {
  return write(value, "value", 0);
}

function write(value: unknown, name: string, depth: number): string {
  switch (typeof value) {
    case "string":
      return quote(value, name);
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`${name} is ${value}: JSON numbers are finite`);
      // Both write -0 as 0, as RFC 8785 section 3.2.2.3 asks.
      return String(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth >= MAX_DEPTH) throw new TypeError(`${name} is nested more than ${MAX_DEPTH} deep`);
      return Array.isArray(value) ? writeArray(value, name, depth + 1) : writeObject(value, name, depth + 1);
    default:
      throw new TypeError(`${name} is ${typeof value}: not a JSON value`);
  }
}

function writeArray(items: readonly unknown[], name: string, depth: number): string {
  let text = "[";
  for (let index = 0; index < items.length; index += 1) {
    text += (index === 0 ? "" : ",") + write(items[index], name, depth);
  }
  return `${text}]`;
}

function writeObject(object: object, name: string, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError(`${name} is not a plain object`);
  const values = object as { readonly [member: string]: unknown };
  let text = "{";
  for (const { member, label } of membersOf(object, name)) {
    const value = values[member];
    if (value === undefined) continue;
    text += (text.length === 1 ? label : `,${label}`) + write(value, member, depth);
  }
  return `${text}}`;
}

interface Member {
  readonly member: string;
  /** As it stands in the text: quoted, with its colon. */
  readonly label: string;
}

interface Shape {
  /** In the order in which the object has them. */
  readonly names: readonly string[];
  /** By UTF-16 code units (RFC 8785 section 3.2.3), which is how ECMAScript compares strings. */
  readonly sorted: readonly Member[];
}

/**
 * Bodies of one kind have the same members in the same order, and sorting and quoting those is half of the work:
 * so the last shape seen in each slot is kept. Names only, never values.
 */
const SHAPES: (Shape | undefined)[] = Array.from({ length: 256 }, () => undefined);
/** Larger objects are rare, and keeping their names would cost more memory than it saves time. */
const MAX_KEPT_NAMES = 64;

function membersOf(object: object, name: string): readonly Member[] {
  const names = Object.keys(object);
  const slot = slotOf(names);
  const kept = SHAPES[slot];
  if (kept !== undefined && isSame(kept.names, names)) return kept.sorted;
  const sorted = names.toSorted().map((member) => {
    if (member === "__proto__") throw new TypeError(`${name} has a member called __proto__`);
    return { member, label: `${quote(member, name)}:` };
  });
  if (names.length <= MAX_KEPT_NAMES) SHAPES[slot] = { names, sorted };
  return sorted;
}

function slotOf(names: readonly string[]): number {
  const first = names[0] ?? "";
  const last = names.at(-1) ?? "";
  return (names.length * 31 + first.length * 7 + last.length * 3 + last.charCodeAt(0)) % SHAPES.length || 0;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

function quote(text: string, name: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError(`${name} holds half a surrogate pair`);
  return JSON.stringify(text);
}
