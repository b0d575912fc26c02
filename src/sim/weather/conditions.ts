import { assertNever } from "../../domain/assert-never.ts";

export type Direction = "toTarget" | "toClient";

/**
 * What a line can suffer.
 *
 * `cut`: what is connected is reset, and nobody listens any more, as when the cable is out.
 * `refuse`: what is connected stays, each new connection gets RST.
 * `blackHole`: nothing gets through either way, no RST, no FIN; connections stay. New ones seem to open (the kernel
 * answers for a listening socket) and then hear nothing.
 * `slow`: latency, jitter and a rate. `lossy`: stalls as TCP's retransmissions make them. `halfOpen`: one direction dead.
 * `trickle`: one byte at a time. `closeMidMessage`: the next chunk of bytes is cut in the middle and the connection closed.
 */
export type Conditions =
  | { readonly kind: "clear" }
  | { readonly kind: "cut" }
  | { readonly kind: "refuse" }
  | { readonly kind: "blackHole" }
  | {
      readonly kind: "slow";
      readonly latencyMs: number;
      /** Added to the latency, evenly drawn from 0 to this. */
      readonly jitterMs?: number;
      /** In each direction of each connection. Absent: as fast as it comes. */
      readonly bytesPerSecond?: number;
    }
  | {
      readonly kind: "lossy";
      /** 0..1, for each chunk and again for each of its retransmissions. */
      readonly loss: number;
      /** ms. First retransmission time-out; each further one waits twice as long. Linux: 200. */
      readonly firstStallMs?: number;
      /** ms. No chunk stalls longer in all. Default 5,000. */
      readonly longestStallMs?: number;
    }
  | { readonly kind: "halfOpen"; readonly dead: Direction }
  | { readonly kind: "trickle"; readonly everyMs?: number }
  | {
      readonly kind: "closeMidMessage";
      readonly towards: Direction;
      /** How much of the chunk still gets through. Absent: half. */
      readonly afterBytes?: number;
    };

/** How one chunk passes: after a delay, in pieces. */
export interface Passage {
  readonly delayMs: number;
  readonly pieceBytes: number;
  /** ms between two pieces. */
  readonly pieceEveryMs: number;
}

const AT_ONCE: Passage = { delayMs: 0, pieceBytes: Number.MAX_SAFE_INTEGER, pieceEveryMs: 0 };

/** A limited rate is spread over this many pieces a second. */
const PIECES_PER_SECOND = 20;

export function isPassable(conditions: Conditions, direction: Direction): boolean {
  if (conditions.kind === "halfOpen") return conditions.dead !== direction;
  return conditions.kind !== "blackHole";
}

/** @param random  0 ≤ x < 1. */
export function passage(conditions: Conditions, random: () => number): Passage {
  switch (conditions.kind) {
    case "clear":
    case "refuse":
    case "cut":
    case "blackHole":
    case "halfOpen":
    case "closeMidMessage":
      return AT_ONCE;
    case "slow":
      return slowPassage(conditions.latencyMs + random() * (conditions.jitterMs ?? 0), conditions.bytesPerSecond);
    case "lossy": {
      const { loss, firstStallMs = 200, longestStallMs = 5_000 } = conditions;
      let stall = 0;
      for (let next = firstStallMs; random() < loss && stall < longestStallMs; next *= 2) stall += next;
      return { ...AT_ONCE, delayMs: Math.min(stall, longestStallMs) };
    }
    case "trickle":
      return { delayMs: 0, pieceBytes: 1, pieceEveryMs: conditions.everyMs ?? 1 };
    default:
      return assertNever(conditions);
  }
}

function slowPassage(delayMs: number, bytesPerSecond: number | undefined): Passage {
  if (bytesPerSecond === undefined) return { ...AT_ONCE, delayMs };
  const pieceBytes = Math.max(1, Math.round(bytesPerSecond / PIECES_PER_SECOND));
  return { delayMs, pieceBytes, pieceEveryMs: (pieceBytes / bytesPerSecond) * 1_000 };
}
