import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeApdu } from "../../../../src/drivers/zvt/codec/apdu.ts";
import { type BlockItem, encodeBlock } from "../../../../src/drivers/zvt/codec/block.ts";
import {
  SERIAL_START,
  type SerialEffect,
  type SerialInput,
  stepSerial,
} from "../../../../src/drivers/zvt/machine/serial-machine.ts";
import { asHex, hex } from "../codec/bytes.ts";

const ORDER = encodeApdu(0x0601);
const QUESTION = encodeApdu(0x0501);
const ANSWER = encodeApdu(0x8000);
const SHOWS = encodeApdu(0x04ff, hex("0A"));

function send(apdu: Uint8Array, repeatable: boolean): SerialInput {
  return { type: "send", apdu, repeatable };
}

function comes(item: BlockItem): SerialInput {
  return { type: "item", item };
}

const ACKED = comes({ kind: "ack" });
const NAKED = comes({ kind: "nak" });
const T2: SerialInput = { type: "T2" };

function block(apdu: Uint8Array): SerialInput {
  return comes({ kind: "apdu", apdu });
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ["06", "ack"],
  ["15", "nak"],
  [asHex(encodeBlock(ORDER)), "order"],
  [asHex(encodeBlock(QUESTION)), "question"],
  [asHex(encodeBlock(ANSWER)), "answer"],
]);

function short(effect: SerialEffect): string {
  switch (effect.do) {
    case "write":
      return `write ${NAMES.get(asHex(effect.bytes)) ?? asHex(effect.bytes)}`;
    case "deliver":
      return `deliver ${asHex(effect.apdu)}`;
    case "fault":
      return effect.fault;
    case "acknowledged":
      return `has ${NAMES.get(asHex(encodeBlock(effect.apdu))) ?? ""}`;
    default:
      return effect.do;
  }
}

function play(...inputs: readonly SerialInput[]): readonly string[][] {
  let state = SERIAL_START;
  return inputs.map((input) => {
    const step = stepSerial(state, input);
    state = step.state;
    return step.effects.map(short);
  });
}

describe("blocks on a serial line", () => {
  test("one is out at a time, and the next follows its ACK", () => {
    expect(play(send(QUESTION, true), send(ANSWER, true), ACKED, ACKED)).toEqual([
      ["write question", "setT2"],
      [],
      ["has question", "write answer", "setT2"],
      ["clearT2", "has answer"],
    ]);
  });

  test("a good block is acknowledged and handed on, a bad one refused", () => {
    expect(play(block(SHOWS))).toEqual([["write ack", "deliver 04ff010a"]]);
    expect(play(comes({ kind: "bad", why: "crc" }))).toEqual([["write nak", "checksum"]]);
    expect(play(comes({ kind: "bad", why: "timeout" }))).toEqual([["write nak", "truncated"]]);
    expect(play(comes({ kind: "bad", why: "restarted" }))).toEqual([["truncated"]]);
    expect(play(comes({ kind: "noise", bytes: 3 }), ACKED, NAKED)).toEqual([["garbage"], ["garbage"], ["garbage"]]);
  });

  test("a question goes out three times in all, and is then given up", () => {
    expect(play(send(QUESTION, true), T2, T2, T2)).toEqual([
      ["write question", "setT2"],
      ["repeated", "write question", "setT2"],
      ["repeated", "write question", "setT2"],
      ["repeated", "clearT2", "failed"],
    ]);
  });

  test("an order is repeated when the terminal refused the block, never because it was silent", () => {
    expect(play(send(ORDER, false), NAKED, ACKED)).toEqual([
      ["write order", "setT2"],
      ["nak", "write order", "setT2"],
      ["clearT2", "has order"],
    ]);
    expect(play(send(ORDER, false), T2)[1]).toEqual(["repeated", "clearT2", "failed"]);
    expect(play(send(ORDER, false), NAKED, NAKED, NAKED)[3]).toEqual(["nak", "clearT2", "failed"]);
  });

  test("the terminal's answer says as much as the ACK that was lost before it", () => {
    expect(play(send(ORDER, false), block(ANSWER), T2)).toEqual([
      ["write order", "setT2"],
      ["write ack", "clearT2", "has order", "deliver 800000"],
      [],
    ]);
  });

  test("when both send at once the terminal is answered first, and a question then goes out again", () => {
    expect(play(send(QUESTION, true), block(SHOWS), send(ANSWER, true), ACKED, ACKED)).toEqual([
      ["write question", "setT2"],
      ["write ack", "clearT2", "repeated", "deliver 04ff010a"],
      ["write answer", "setT2"],
      ["has answer", "write question", "setT2"],
      ["clearT2", "has question"],
    ]);
  });

  test("an order stays out when both send at once: it may have arrived", () => {
    const shown = play(send(ORDER, false), block(SHOWS), send(ANSWER, true), ACKED);
    expect(shown[1]).toEqual(["write ack", "repeated", "deliver 04ff010a"]);
    expect(shown[3]).toEqual(["has order", "write answer", "setT2"]);
  });

  test("a block that comes twice because our ACK was lost is acknowledged and not handed on again", () => {
    expect(play(block(SHOWS), send(ANSWER, true), block(SHOWS), ACKED, block(SHOWS))).toEqual([
      ["write ack", "deliver 04ff010a"],
      ["write answer", "setT2"],
      ["write ack", "repeated"],
      ["clearT2", "has answer"],
      ["write ack", "deliver 04ff010a"],
    ]);
  });

  test("a refusal that is repeated while an order is out is that of the question before, not of the order", () => {
    const wait = encodeApdu(0x849c);
    const asked = [send(QUESTION, true), ACKED, block(wait), send(ORDER, false)] as const;
    expect(play(...asked, block(wait), ACKED).slice(4)).toEqual([
      ["write ack", "repeated"],
      ["clearT2", "has order"],
    ]);
    expect(play(...asked, ACKED, block(wait)).at(-1)).toEqual(["write ack", "deliver 849c00"]);
  });

  test("whatever comes, an order is written once and again only after a NAK", () => {
    const inputs = fc.constantFrom<SerialInput>(
      ACKED,
      NAKED,
      T2,
      block(SHOWS),
      block(ANSWER),
      send(ANSWER, true),
      comes({ kind: "bad", why: "crc" }),
      comes({ kind: "noise", bytes: 1 }),
    );
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 40 }), (list) => {
        const shown = play(send(ORDER, false), ...list);
        const naks = shown.flat().filter((each) => each === "nak").length;
        const written = shown.flat().filter((each) => each === "write order").length;
        expect(written).toBeLessThanOrEqual(1 + Math.min(naks, 2));
      }),
    );
  });

  test("a terminal that asks without end does not make the queue grow", () => {
    const shown = play(send(ORDER, false), ...Array.from({ length: 20 }, () => send(ANSWER, true)));
    expect(shown.filter(([first]) => first === "overflow")).toHaveLength(12);
  });
});
