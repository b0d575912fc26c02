import type { Socket } from "node:net";
import { assertNever } from "../../domain/assert-never.ts";
import type { Log } from "../../runtime/log.ts";
import type { Books } from "./books.ts";
import { FrameFault, type WireFraming, WireFrames } from "./frames.ts";
import type { Handled, Host } from "./host.ts";
import { readWire, WireMessage } from "./wire.ts";

/** Numbers of one listening host, all its connections together. */
export interface LineCounters {
  undecodable: number;
  /** Answers that found their connection gone. */
  undelivered: number;
}

export interface LineParts {
  readonly host: Host;
  readonly books: Books;
  readonly framing: WireFraming;
  readonly counters: LineCounters;
  readonly now: () => number;
  readonly log: Log | undefined;
  /** Fires when the host goes down: no answer leaves after that. */
  readonly signal: AbortSignal;
}

/** One connection as it was accepted. */
export interface Line {
  /** Plain, or the clear side of TLS. */
  readonly socket: Socket;
  /** Ends it with RST. A TLS socket cannot do that itself. */
  readonly reset: () => void;
  /** Counted from 1 since start. */
  readonly connection: number;
  /** Listening port. */
  readonly endpoint: number;
}

/** Answers that one connection may be owed; a peer that asks on beyond it is cut off. */
const MOST_OWED = 1_000;

/** Serves one connection until either end closes it. Returns at once. */
export function serveLine(line: Line, parts: LineParts): void {
  const { socket, connection, endpoint } = line;
  const frames = new WireFrames(parts.framing);
  let owed = 0;
  let peerEnded = false;

  const endWhenQuit = (): void => {
    if (peerEnded && owed === 0) socket.end();
  };

  const deliver = (handled: Handled): void => {
    if (parts.signal.aborted) return;
    if (!carryOut(line, handled)) parts.counters.undelivered += 1;
    else if (handled.entry !== undefined && speaks(handled)) parts.books.answered(handled.entry, parts.now());
  };

  const deliverLater = async (handled: Handled): Promise<void> => {
    owed += 1;
    if (owed > MOST_OWED) socket.destroy();
    await timePassed(handled.course.afterMs, parts.signal);
    if (handled.course.released !== undefined) await Promise.race([handled.course.released, aborted(parts.signal)]);
    owed -= 1;
    deliver(handled);
    endWhenQuit();
  };

  const take = (frame: Buffer): void => {
    const message = readWire(frame, parts.framing);
    if (!(message instanceof WireMessage)) {
      parts.counters.undecodable += 1;
      parts.log?.warn("acquirer.undecodable", { connection, ...message });
      return;
    }
    const handled = parts.host.handle(message, { connection, endpoint });
    if (parts.log !== undefined) logRequest(parts.log, handled, connection);
    const { afterMs, released } = handled.course;
    if (afterMs === 0 && released === undefined) deliver(handled);
    else void deliverLater(handled);
  };

  socket.on("data", (chunk: Buffer) => {
    try {
      for (const frame of frames.push(chunk)) take(frame);
    } catch (error) {
      if (!(error instanceof FrameFault)) throw error;
      parts.counters.undecodable += 1;
      parts.log?.warn("acquirer.frameFault", { connection, reason: error.message });
      socket.destroy();
    }
    if (socket.writableNeedDrain) socket.pause();
  });
  socket.on("drain", () => socket.resume());
  socket.on("end", () => {
    peerEnded = true;
    endWhenQuit();
  });
  // A peer's reset is its own affair: what it was owed is counted as undelivered.
  socket.on("error", () => socket.destroy());
}

/** Lets the reply travel as the course says. @returns false when there was no connection to put it on. */
function carryOut({ socket, reset }: Line, { course, reply }: Handled): boolean {
  if (course.delivery === "silent" || reply === undefined) return true;
  if (socket.destroyed || !socket.writable) return false;
  switch (course.delivery) {
    case "answer":
    case "wrongTerminal":
      socket.write(reply);
      return true;
    case "twice":
      socket.write(reply);
      socket.write(reply);
      return true;
    case "close":
      socket.end();
      return true;
    case "reset":
      reset();
      return true;
    case "midMessage":
      socket.end(reply.subarray(0, reply.length >> 1));
      return true;
    default:
      return assertNever(course.delivery);
  }
}

/** Whether the terminal that asked got a whole answer. */
function speaks({ course, reply }: Handled): boolean {
  return reply !== undefined && (course.delivery === "answer" || course.delivery === "twice");
}

function logRequest(log: Log, { request, course, code }: Handled, connection: number): void {
  const { kind, de41, stan, batch, amount } = request;
  log.info("acquirer.request", {
    kind,
    de41,
    batch,
    stan,
    ...(amount > 0 ? { amount } : {}),
    ...(code === "" ? {} : { code }),
    ...(course.delivery === "answer" ? {} : { delivery: course.delivery }),
    ...(course.afterMs > 0 ? { afterMs: Math.round(course.afterMs) } : {}),
    connection,
  });
}

async function timePassed(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** Only for answers that a test holds back: its listener stays until the host goes down. */
async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
