import { asciiText, isPrintable } from "./ascii.ts";

const GBK = new TextDecoder("gbk");

/** Text of Chinese terminals and hosts, `start`..`end`; undecodable bytes become U+FFFD. ASCII is a subset of GBK. */
export function gbkText(bytes: Uint8Array, start: number, end: number): string {
  return isPrintable(bytes, start, end) ? asciiText(bytes, start, end) : GBK.decode(bytes.subarray(start, end));
}
