import type { Socket } from "node:net";
import { seededRandom } from "../../src/sim/seeded-random.ts";
import { serialLine } from "./serial-line.ts";

/** What becomes of a byte on its way. */
type Spoil = (byte: number) => number;

export interface NoisyCable extends AsyncDisposable {
  /** The till's end and the terminal's. */
  readonly path: string;
  readonly far: string;
  /** Bytes that arrived as others. */
  readonly spoilt: () => number;
}

/** Noise that can be switched, as the device that makes it. */
export interface SwitchedCable extends NoisyCable {
  readonly setRate: (rate: number) => void;
}

/** Noise that turns one bit of so many bytes over, 0..1, in both directions; the same for the same seed. */
export async function noisyCable(rate: number, seed: number): Promise<NoisyCable> {
  const random = seededRandom(seed);
  return spoiltCable((byte) => (random() < rate ? byte ^ (1 << Math.floor(random() * 8)) : byte));
}

/** As `noisyCable`, with other noise from some moment on. */
export async function switchedCable(rate: number, seed: number): Promise<SwitchedCable> {
  const random = seededRandom(seed);
  let present = rate;
  const cable = await spoiltCable((byte) => (random() < present ? byte ^ (1 << Math.floor(random() * 8)) : byte));
  return {
    ...cable,
    setRate: (next) => {
      present = next;
    },
  };
}

/** The till reads with another speed than the terminal sends with: not one byte is what it was. */
export async function wrongSpeedCable(): Promise<NoisyCable> {
  return spoiltCable(
    (byte) => (byte * 7 + 0x6b) & 0xff,
    (byte) => byte,
  );
}

/** Two pseudo-terminals, and this process between them. */
async function spoiltCable(toTill: Spoil, toTerminal: Spoil = toTill): Promise<NoisyCable> {
  await using undo = new AsyncDisposableStack();
  let count = 0;
  const ends: { till?: Socket; terminal?: Socket } = {};
  const through = (chunk: Buffer, spoil: Spoil): Buffer =>
    Buffer.from(
      chunk.map((byte) => {
        const arrives = spoil(byte);
        if (arrives !== byte) count += 1;
        return arrives;
      }),
    );
  const till = undo.use(
    await serialLine((socket) => {
      ends.till = socket;
      socket.on("data", (chunk: Buffer) => ends.terminal?.write(through(chunk, toTerminal)));
    }),
  );
  const terminal = undo.use(
    await serialLine((socket) => {
      ends.terminal = socket;
      socket.on("data", (chunk: Buffer) => ends.till?.write(through(chunk, toTill)));
    }),
  );
  const stack = undo.move();
  return {
    path: till.path,
    far: terminal.path,
    spoilt: () => count,
    [Symbol.asyncDispose]: async () => stack[Symbol.asyncDispose](),
  };
}
