import { readFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";

// Readers of option values; each says what it wants when it gets something else.

export function readPort(text: string): number {
  return readWithin(text, 0, 65_535, "a port, 0 to 65535");
}

export function readCount(text: string): number {
  return readWithin(text, 1, 1_000_000, "a whole number from 1 to 1,000,000");
}

export function readRate(text: string): number {
  const rate = Number(text);
  if (text.trim() === "" || !(rate >= 0 && rate <= 1)) throw new InvalidArgumentError("a rate, 0 to 1");
  return rate;
}

export function readPositive(text: string): number {
  const number = Number(text);
  if (!(number > 0 && number < Number.POSITIVE_INFINITY)) throw new InvalidArgumentError("a number above 0");
  return number;
}

/** @returns milliseconds. */
export function readSeconds(text: string): number {
  return readPositive(text) * 1_000;
}

/** One number or two with a dash between. */
export function readMsRange(text: string): readonly [number, number] {
  const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(text);
  const [least, most] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (match === null || most < least) throw new InvalidArgumentError("milliseconds: 50, or from 50 to 200 as 50-200");
  return [least, most];
}

/** @returns fen. */
export function readYuan(text: string): number {
  if (!/^\d{1,9}(\.\d{2})?$/.test(text)) throw new InvalidArgumentError("an amount in yuan, e.g. 12.50");
  return Math.round(Number(text) * 100);
}

/** Characters as they stand in DE41 or DE42. */
export function readIdentity(length: number): (text: string) => string {
  return (text) => {
    if (!/^[\x20-\x7e]+$/.test(text) || text.length !== length) {
      throw new InvalidArgumentError(`${length} characters`);
    }
    return text;
  };
}

export function readHostAndPort(text: string): { readonly host: string; readonly port: number } {
  return readPlace(text, 1);
}

/** Port 0 picks a free one. */
export function readListenPlace(text: string): { readonly host: string; readonly port: number } {
  return readPlace(text, 0);
}

function readPlace(text: string, leastPort: number): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9a-f:]+)\]|([^\s:]+)):(\d{1,5})$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) throw new InvalidArgumentError("host:port, e.g. 127.0.0.1:9001");
  return { host, port: readWithin(match?.[3] ?? "", leastPort, 65_535, `a port, ${leastPort} to 65535`) };
}

/** @returns the file's text. */
export function readPem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function readWithin(text: string, least: number, most: number, wanted: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) throw new InvalidArgumentError(wanted);
  return number;
}
