import { asciiText } from "../../wire/ascii.ts";

/** The named fields of one message, as text. A field that the message is too short for is not there. */
export type Fields = ReadonlyMap<string, string>;

/** Fields of fixed width, one after the other: name and bytes. */
export type FixedLayout = readonly (readonly [name: string, bytes: number])[];

/** @param from  Byte where the first field stands. */
export function readFixed(layout: FixedLayout, text: string, from: number): Fields {
  const fields = new Map<string, string>();
  let at = from;
  for (const [name, bytes] of layout) {
    if (at + bytes <= text.length) fields.set(name, text.slice(at, at + bytes));
    at += bytes;
  }
  return fields;
}

export function layoutBytes(layout: FixedLayout): number {
  return layout.reduce((sum, [, bytes]) => sum + bytes, 0);
}

/** Fields between separators; those beyond the names are left alone. */
export function readSeparated(names: readonly string[], text: string, separator: string): Fields {
  const parts = text.split(separator, names.length + 1);
  return new Map(names.flatMap((name, i) => (i < parts.length ? [[name, parts[i] ?? ""]] : [])));
}

/** What is not printable ASCII becomes `?`. @param data  At most a few thousand bytes. */
export function messageText(data: Uint8Array): string {
  return asciiText(data, 0, data.length);
}

export function messageBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A field without the spaces around it; `undefined` when nothing is left. */
export function filled(fields: Fields, name: string): string | undefined {
  const value = fields.get(name)?.trim();
  return value === undefined || value === "" ? undefined : value;
}

/** A field of digits as a number; `undefined` for anything else, and for more than a double holds. */
export function numberIn(fields: Fields, name: string): number | undefined {
  const value = filled(fields, name);
  const number = value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}
