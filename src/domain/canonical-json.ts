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
  const members = object as { readonly [member: string]: unknown };
  let text = "{";
  for (const member of sortedNames(object)) {
    const value = members[member];
    if (value === undefined) continue;
    if (member === "__proto__") throw new TypeError(`${name} has a member called __proto__`);
    text += `${text === "{" ? "" : ","}${quote(member, name)}:${write(value, member, depth)}`;
  }
  return `${text}}`;
}

/** By UTF-16 code units (RFC 8785 section 3.2.3), which is how ECMAScript compares strings. */
function sortedNames(object: object): readonly string[] {
  const names = Object.keys(object);
  // Most bodies are small or come back from a parser, sorted already: looking is cheaper than sorting.
  return names.every((name, index) => index === 0 || (names[index - 1] ?? "") < name) ? names : names.sort();
}

function quote(text: string, name: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError(`${name} holds half a surrogate pair`);
  return JSON.stringify(text);
}
