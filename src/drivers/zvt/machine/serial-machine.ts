import { assertNever } from "../../../domain/assert-never.ts";
import { commandOf } from "../codec/apdu.ts";
import { crcOf } from "../codec/crc.ts";
import { ACK, type BadBlock, type BlockItem, encodeBlock, NAK } from "../codec/block.ts";

// Blocks over a serial line (PA00P016): one of ours is out at a time, until ACK. A good block is acknowledged at once, a bad
// one refused, and whoever gets no ACK sends again, at most twice.

/** One APDU on its way. `repeatable` is false for orders of money: silence does not say that they did not arrive. */
export interface Outgoing {
  readonly apdu: Uint8Array;
  readonly repeatable: boolean;
}

interface Tried extends Outgoing {
  readonly repeats: number;
}

export interface SerialState {
  /** Written and not acknowledged. */
  readonly out: Tried | undefined;
  readonly queue: readonly Tried[];
  /** Checksum of the terminal's newest block, to know it again when it comes twice. */
  readonly newest: number;
}

export type SerialInput =
  | ({ readonly type: "send" } & Outgoing)
  | { readonly type: "item"; readonly item: BlockItem }
  | { readonly type: "T2" };

export type SerialEffect =
  | { readonly do: "write"; readonly bytes: Uint8Array }
  | { readonly do: "deliver"; readonly apdu: Uint8Array }
  | { readonly do: "setT2" }
  | { readonly do: "clearT2" }
  /** The terminal has it. */
  | { readonly do: "acknowledged"; readonly apdu: Uint8Array }
  /** A block of ours was not acknowledged. It may have arrived all the same. */
  | { readonly do: "failed"; readonly apdu: Uint8Array }
  | { readonly do: "fault"; readonly fault: SerialFault };

export type SerialFault = "nak" | "garbage" | "checksum" | "truncated" | "overflow" | "repeated";

export interface SerialStep {
  readonly state: SerialState;
  readonly effects: readonly SerialEffect[];
}

export const SERIAL_START: SerialState = { out: undefined, queue: [], newest: -1 };

const MOST_REPEATS = 2;

/** How often a block goes out that nobody acknowledges. */
export const TRIES = 1 + MOST_REPEATS;

/** Commands and their answers wait here together; a terminal that asks without end must not grow it. */
const LONGEST_QUEUE = 8;

/** Whether an APDU waits for its turn: not one byte of it was written. */
export function isWaiting({ queue }: SerialState, apdu: Uint8Array): boolean {
  return queue.some((each) => each.apdu === apdu && each.repeats === 0);
}

/** Pure: no clock, no line. */
export function stepSerial(state: SerialState, input: SerialInput): SerialStep {
  switch (input.type) {
    case "send":
      return send(state, { apdu: input.apdu, repeatable: input.repeatable, repeats: 0 });
    case "item":
      return onItem(state, input.item);
    case "T2":
      return again(state, "silence");
    default:
      return assertNever(input);
  }
}

function send(state: SerialState, next: Tried): SerialStep {
  if (state.out === undefined) return put(state, next, state.queue);
  if (state.queue.length >= LONGEST_QUEUE) return fault(state, "overflow");
  return { state: { ...state, queue: [...state.queue, next] }, effects: [] };
}

function put(state: SerialState, out: Tried, queue: SerialState["queue"]): SerialStep {
  return {
    state: { ...state, out, queue },
    effects: [{ do: "write", bytes: encodeBlock(out.apdu) }, { do: "setT2" }],
  };
}

function onItem(state: SerialState, item: BlockItem): SerialStep {
  switch (item.kind) {
    case "ack":
      return state.out === undefined ? fault(state, "garbage") : taken(state, state.out.apdu);
    case "nak":
      return state.out === undefined ? fault(state, "garbage") : again(state, "nak");
    case "noise":
      return fault(state, "garbage");
    case "bad": {
      const refused = fault(state, faultOf(item.why));
      if (item.why === "restarted") return refused;
      return { state, effects: [{ do: "write", bytes: Uint8Array.of(NAK) }, ...refused.effects] };
    }
    case "apdu":
      return onApdu(state, item.apdu);
    default:
      return assertNever(item);
  }
}

/** What is told of a block that is not taken. */
export function faultOf(why: BadBlock): "overflow" | "truncated" | "checksum" {
  if (why === "overflow") return "overflow";
  return why === "timeout" || why === "restarted" ? "truncated" : "checksum";
}

function fault(state: SerialState, what: SerialFault): SerialStep {
  return { state, effects: [{ do: "fault", fault: what }] };
}

/** ACK, or an answer that could not be there without the block: the next one may go. */
function taken(state: SerialState, apdu: Uint8Array): SerialStep {
  const acknowledged: SerialEffect = { do: "acknowledged", apdu };
  const [next, ...queue] = state.queue;
  if (next === undefined) return { state: { ...state, out: undefined }, effects: [{ do: "clearT2" }, acknowledged] };
  const step = put(state, next, queue);
  return { state: step.state, effects: [acknowledged, ...step.effects] };
}

function onApdu(before: SerialState, apdu: Uint8Array): SerialStep {
  const mark = crcOf(apdu);
  const isRepetition = mark === before.newest && before.out !== undefined && isRepeatedBefore(before.out, apdu);
  const state = { ...before, newest: mark };
  const acknowledged: SerialEffect = { do: "write", bytes: Uint8Array.of(ACK) };
  const deliver: SerialEffect = { do: "deliver", apdu };
  const { out, queue } = state;
  if (out === undefined) return { state, effects: [acknowledged, deliver] };
  // Our ACK was lost, and what we sent since is still on its way.
  if (isRepetition) return { state, effects: [acknowledged, { do: "fault", fault: "repeated" }] };
  if (isAnswer(apdu)) {
    // The terminal's ACK was lost; its answer says as much.
    const { state: after, effects } = taken(state, out.apdu);
    return { state: after, effects: [acknowledged, ...effects, deliver] };
  }
  // Both sent at once, and the terminal is served first: it waits for an answer. An order stays out, for it is not sent twice.
  const collided: SerialEffect = { do: "fault", fault: "repeated" };
  if (!out.repeatable || out.repeats >= MOST_REPEATS) return { state, effects: [acknowledged, collided, deliver] };
  return {
    state: { ...state, out: undefined, queue: [{ ...out, repeats: out.repeats + 1 }, ...queue] },
    effects: [acknowledged, { do: "clearT2" }, collided, deliver],
  };
}

/**
 * Whether the terminal's newest block, come again, cannot be news while this one is out. An order that has no ACK yet could
 * seem refused by the refusal of the question before it: that leaves it without an answer, which is doubt, and never a no.
 */
function isRepeatedBefore(out: Outgoing, apdu: Uint8Array): boolean {
  return isAnswer(out.apdu) || (!out.repeatable && isAnswer(apdu));
}

/** 80 00 and 84 xx are never answered. */
function isAnswer(apdu: Uint8Array): boolean {
  const command = commandOf(apdu);
  return command === 0x8000 || command >> 8 === 0x84;
}

function again(state: SerialState, because: "nak" | "silence"): SerialStep {
  const { out, queue } = state;
  if (out === undefined) return { state, effects: [] };
  const noted: SerialEffect[] = [{ do: "fault", fault: because === "nak" ? "nak" : "repeated" }];
  // A NAK says that it did not arrive; silence says nothing.
  if ((because === "nak" || out.repeatable) && out.repeats < MOST_REPEATS) {
    const step = put(state, { ...out, repeats: out.repeats + 1 }, queue);
    return { state: step.state, effects: [...noted, ...step.effects] };
  }
  return {
    state: { ...state, out: undefined },
    effects: [...noted, { do: "clearT2" }, { do: "failed", apdu: out.apdu }],
  };
}
