import { z } from "zod";
import { seqWord, streamWord } from "../../../src/contract/words.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { acquirerId, terminalId } from "../../../src/domain/terminal.ts";
import { type TransactionRecord, transactionId } from "../../../src/domain/transaction.ts";
import type { UplinkOptions } from "../../../src/uplink/options.ts";

export const ADDRESS = { tenant: "acme", site: "shop-1", gateway: "gw-1" };

/** Fast enough for a test; the proportions are those of the field. */
export const UPLINK: Omit<UplinkOptions, "url" | "address"> = {
  protocol: "auto",
  clientId: "tillgate-acme-shop-1-gw-1",
  confirm: "receipt",
  window: 100,
  unreceiptedMax: 5_000,
  keepaliveS: 2,
  connectTimeoutMs: 1_000,
  pubackDeadlineMs: 1_000,
  receiptDeadlineMs: 2_000,
  ratePerS: 0,
  burst: 100,
  userProperties: false,
  drainControl: true,
  timing: {
    retryFloorMs: 20,
    retryFirstMs: 50,
    retryCeilingMs: 250,
    refusedRetryMs: 500,
    takenOverRetryMs: 500,
    missingGraceMs: 300,
    bootSpreadMs: 0,
    echoEveryMs: 1_000,
    statusRepeatMs: 1_000,
  },
};

export const writerOptions = z.object({
  directory: z.string(),
  /** Without it nothing is sent. */
  broker: z.string().exactOptional(),
  tills: z.int().min(1),
  /** Sales of each till, if nobody stops it before. */
  each: z.int().default(Number.MAX_SAFE_INTEGER),
  /** Longest pause between two sales of a till. */
  pauseMs: z.number().default(0),
  /** Number of each till's first sale: it goes on counting where its last life may have got to. */
  firstSale: z.int().default(1),
  /** A record is made larger by up to so much. */
  textBytes: z.int().default(0),
  /** Of the file that is given up for records when the disk is full. */
  ballastBytes: z.int().default(0),
  seed: z.int().default(1),
});
export type WriterOptions = z.input<typeof writerOptions>;

export const writerOrder = z.discriminatedUnion("do", [
  z.object({ do: z.literal("sell"), on: z.boolean() }),
  /** How far the wall clock is ahead of the machine's. */
  z.object({ do: z.literal("setClock"), aheadMs: z.number() }),
  z.object({ do: z.literal("tell") }),
]);
/** One line of its standard input. */
export type WriterOrder = z.input<typeof writerOrder>;

const kept = z.object({
  said: z.literal("kept"),
  stream: streamWord,
  seq: seqWord,
  till: z.string(),
  sale: z.int(),
});
/** An append that was acknowledged: from here on the promise holds for it. */
export type Kept = z.output<typeof kept>;

export const writerLine = z.discriminatedUnion("said", [
  z.object({ said: z.literal("open"), stream: streamWord, head: z.int() }),
  kept,
  z.object({ said: z.literal("refused"), code: z.string(), till: z.string(), sale: z.int() }),
  z.object({ said: z.literal("state"), durable: z.int(), mark: z.int(), waiting: z.int() }),
  z.object({ said: z.literal("closed") }),
]);
export type WriterLine = z.input<typeof writerLine>;

/** A sale that is told from every other by its till and its number. */
export function saleBody(till: string, sale: number, text: string): TransactionRecord & { readonly text: string } {
  return {
    event: "answered",
    transaction: {
      id: transactionId(`${till}/${sale}`),
      terminal: terminalId(till),
      acquirer: acquirerId("union"),
      kind: "sale",
      outcome: "approved",
      amount: minorUnits(100),
      currency: currency("CNY"),
      stan: String(sale % 1_000_000).padStart(6, "0"),
      requestedAt: "2026-01-31T10:00:00.000Z",
    },
    text,
  };
}
