import { setImmediate as turn } from "node:timers/promises";
import Iso8583 from "iso_8583";
import { cardToken } from "../src/domain/card.ts";
import { decodeMessage } from "../src/drivers/iso8583/codec/decode.ts";
import { encodeMessage } from "../src/drivers/iso8583/codec/encode.ts";
import { observe } from "../src/drivers/iso8583/codec/observe.ts";
import { FRAMING, type Sample, samples } from "./codec/messages.ts";
import { decodeSerial, decodeTcp, FRAMES } from "./codec/zvt-frames.ts";
import { median } from "./median.ts";
import type { Bench, BenchContext, BenchRow } from "./row.ts";

/** Messages of one block; the two sides take turns (targets.md: not interleaved, the same code read 2.1 ×). */
const BLOCK = 2_500;
const WARM_UP_ROUNDS = 10;
const ROUNDS = 30;
const NS_PER_S = 1e9;

/** `iso_8583` has no format for these that fits the content; with its own it refuses the message. */
const FORMATS = {
  53: { ContentType: "n", Label: "Security control", LenType: "fixed", MaxLen: 16 },
  64: { ContentType: "b", Label: "MAC", LenType: "fixed", MaxLen: 16 },
} as const;

/** The keyed hash is made by whoever is handed the digits, so it is not in these figures. */
const TOKEN = cardToken("0123456789abcdef");

/** Takes one message of the run, by its number. */
type Work = (number: number) => unknown;

/** Our codec beside npm's `iso_8583` on messages of the same content, each in its own wire format. Closed loop, one thread. */
export const run: Bench = async (context) => {
  const all = samples();
  const packed = all.map(({ peer }) => pack(peer));
  agree(all, packed);
  const unpackPeer: Work = (number) => new Iso8583(null, FORMATS).getIsoJSON(pick(packed, number));

  return [
    await race(context, "decode, all fields", 6, unpackPeer, (number) =>
      decodeMessage(pick(all, number).frame, FRAMING),
    ),
    await race(context, "decode, the record the ledger needs", 15, unpackPeer, (number) =>
      observe(pick(all, number).frame, FRAMING, () => TOKEN),
    ),
    await race(
      context,
      "encode",
      15,
      (number) => pack(pick(all, number).peer),
      (number) => encodeMessage(pick(all, number).ours, FRAMING),
    ),
    await zvtRow(context, "serial", decodeSerial),
    await zvtRow(context, "TCP", decodeTcp),
  ];
};

function pick<T>(from: readonly T[], number: number): T {
  return from[number % from.length] ?? fail("no samples");
}

async function race(context: BenchContext, what: string, atLeast: number, peer: Work, ours: Work): Promise<BenchRow> {
  context.say(what);
  const figures: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    context.signal.throwIfAborted();
    await turn();
    const [oursNow, peerNow] = [messagesPerSecond(ours), messagesPerSecond(peer)];
    if (round < WARM_UP_ROUNDS) continue;
    figures.ours.push(oursNow);
    figures.peer.push(peerNow);
  }
  const [reached, reference] = [median(figures.ours), median(figures.peer)];
  const ratio = reached / reference;
  return {
    bench: "codec",
    row: `ISO 8583 ${what}, against \`iso_8583\` on the same message`,
    unit: "messages/s",
    ours: reached,
    peers: { iso_8583: reference },
    ratio,
    target: `≥ ${atLeast} ×`,
    met: ratio >= atLeast,
  };
}

/** Frames/s, targets.md. */
const ZVT_TARGET = 300_000;

/** No peer on npm reads these frames: the target is a figure by itself. */
async function zvtRow(context: BenchContext, link: string, work: Work): Promise<BenchRow> {
  context.say(`ZVT frame decode, ${link}`);
  const figures: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    context.signal.throwIfAborted();
    await turn();
    const framesPerSecond = messagesPerSecond(work) * FRAMES;
    if (round >= WARM_UP_ROUNDS) figures.push(framesPerSecond);
  }
  const reached = median(figures);
  return {
    bench: "codec",
    row: `ZVT frame decode, ${link}`,
    unit: "frames/s",
    ours: reached,
    peers: {},
    ratio: null,
    target: `≥ ${ZVT_TARGET}`,
    met: reached >= ZVT_TARGET,
  };
}

/** Results are kept a while, so that no side is spared making them. */
const kept: unknown[] = Array.from({ length: 64 });

function messagesPerSecond(work: Work): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < BLOCK; i++) kept[i % kept.length] = work(i);
  return (BLOCK * NS_PER_S) / Number(process.hrtime.bigint() - start);
}

function pack(message: Readonly<Record<string, string>>): Buffer {
  const made = new Iso8583(message, FORMATS).getBufferMessage();
  return Buffer.isBuffer(made) ? made : fail(`iso_8583 does not pack: ${made.error}`);
}

/** A fast answer that is wrong would win any race. */
function agree(all: readonly Sample[], packed: readonly Buffer[]): void {
  for (const [i, { frame, peer }] of all.entries()) {
    const theirs = new Iso8583(null, FORMATS).getIsoJSON(packed[i] ?? fail("not packed"));
    for (const { de, value = peer[de] } of decodeMessage(frame, FRAMING).fields) {
      if (Reflect.get(theirs, de) !== value) fail(`field ${de} of message ${i} reads differently`);
    }
  }
}

function fail(why: string): never {
  throw new Error(why);
}
