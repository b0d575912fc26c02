import { z } from "zod";
import { envelopeHash } from "../../src/contract/envelope-hash.ts";
import { canonicalJson } from "../../src/domain/canonical-json.ts";
import { bootId } from "../../src/domain/clock.ts";
import {
  type ChainPoint,
  type Envelope,
  type Json,
  LANE_OF,
  type RecordKind,
  seq,
  streamId,
} from "../../src/domain/record.ts";
import { type Arrival } from "../../src/sim/hq/store.ts";

const ADDRESS = { tenant: "acme", site: "shop-1", gateway: "gw-1" };
const GENESIS = "0".repeat(64);

/** Writes records of one stream, as a gateway's ledger would, without a ledger: also histories that none would write. */
export class Chain {
  readonly stream = streamId(crypto.randomUUID());
  #head: ChainPoint = { seq: seq(0), hash: GENESIS };

  get head(): ChainPoint {
    return this.#head;
  }

  /** @param differs  Of the envelope, before it is hashed. */
  next(kind: RecordKind, body: { readonly [member: string]: Json }, differs: Partial<Envelope> = {}): Arrival {
    const unhashed = {
      stream: this.stream,
      seq: seq(this.#head.seq + 1),
      kind,
      lane: LANE_OF[kind],
      at: "2026-01-31T10:00:00.000Z",
      clock: { bootId: bootId("boot-1"), monotonicMs: 1_000, synced: true },
      prevHash: this.#head.hash,
      body,
      ...differs,
    };
    const envelope: Envelope = { ...unhashed, hash: envelopeHash(unhashed) };
    this.#head = { seq: envelope.seq, hash: envelope.hash };
    return arrivalOf(envelope);
  }

  /** Goes back to an earlier point and writes another history from there. */
  rewriteFrom(point: ChainPoint): void {
    this.#head = point;
  }
}

function arrivalOf(envelope: Envelope): Arrival {
  return { address: ADDRESS, envelope, text: canonicalJson(envelope) };
}

/** An envelope as it stands in the body of another record. */
export function asJson({ text }: Arrival): Json {
  return z.json().parse(JSON.parse(text));
}
