import { type Fields, type FixedLayout, layoutBytes, messageText, readFixed } from "../codec/fields.ts";
import type { EcrMessage } from "./dialect.ts";
import { APPROVED, CLOSED, COMMON, HEAD, NOT_CLOSED, REFUSED, RESULT, STATUS } from "./ecr17-layouts.ts";

const BODY_AT = layoutBytes(HEAD);
const TOLD_AT = BODY_AT + layoutBytes(RESULT);
const COMMON_AT = TOLD_AT + layoutBytes(APPROVED);

/** @returns `undefined` when it is not of this protocol: no terminal number, no message code. */
export function ecr17Message(data: Uint8Array): EcrMessage | undefined {
  const text = messageText(data);
  const head = readFixed(HEAD, text, 0);
  const name = head.get("name");
  if (name === undefined || !/^\d{9}[A-Za-z]/.test(text)) return undefined;
  return { name, fields: merged(head, ...bodyFields(name, text)) };
}

function bodyFields(name: string, text: string): readonly Fields[] {
  switch (name) {
    case "s":
      return [readFixed(STATUS, text, BODY_AT), release(text)];
    case "E":
    case "V":
      return told(text, APPROVED, REFUSED, readFixed(COMMON, text, COMMON_AT));
    case "C":
      return told(text, CLOSED, NOT_CLOSED);
    default:
      // Of the other results only what all share is read: their tables contradict themselves.
      return [readFixed(RESULT, text, BODY_AT)];
  }
}

function told(text: string, approved: FixedLayout, refused: FixedLayout, common?: Fields): readonly Fields[] {
  const result = readFixed(RESULT, text, BODY_AT);
  const body = readFixed(result.get("result") === "00" ? approved : refused, text, TOLD_AT);
  return common === undefined ? [result, body] : [result, body, common];
}

function release(text: string): Fields {
  return new Map([["release", text.slice(BODY_AT + layoutBytes(STATUS))]]);
}

function merged(...all: readonly Fields[]): Fields {
  return new Map(all.flatMap((fields) => [...fields]));
}
