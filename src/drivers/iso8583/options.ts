import { z } from "zod";
import { CODE_LAYERS, CODE_PROFILES, type CodeOverride, RETRY_POLICIES } from "../../domain/code-words.ts";
import { type AcquirerId, acquirerId } from "../../domain/terminal.ts";
import { TRANSACTION_KINDS, type TransactionKind } from "../../domain/transaction.ts";
import { boundedList } from "../../runtime/bounded-list.ts";
import { listenEndpoint, peerEndpoint } from "../../runtime/endpoint.ts";
import { nameOption } from "../../runtime/name-option.ts";
import { routeOptions, ROUTES_IN_WORDS } from "../../runtime/route.ts";
import { tlsOptions } from "../../runtime/tls-options.ts";
import type { Framing } from "./codec/observation.ts";

const framing = z.strictObject({
  length: z
    .enum(["be16", "ascii4"])
    .default("be16")
    .describe("How a frame's length is written: be16 is two bytes, big-endian; ascii4 is four ASCII digits."),
  tpdu: z.boolean().default(true).describe("Whether a TPDU of 5 bytes stands before the message header."),
  headerBytes: z
    .int()
    .min(0)
    .max(64)
    .default(6)
    .describe("Bytes of message header between the TPDU and the message type."),
  maxFrameBytes: z
    .int()
    .min(64)
    .max(65_537)
    .default(4096)
    .describe("Longest frame that is decoded, length bytes included; longer ones are relayed unread."),
}) satisfies z.ZodType<Framing>;

const kinds = boundedList(z.enum(TRANSACTION_KINDS), 0, TRANSACTION_KINDS.length);
const DEBIT: TransactionKind[] = ["sale", "completion", "completionAdvice", "offlineSale"];
const CREDIT: TransactionKind[] = ["saleVoid", "refund", "completionVoid"];

const wording = z.string().min(1).max(200);
const override = z.strictObject({
  meaning: z.strictObject({ en: wording, zh: wording }),
  // An approval cannot be declared: only the host approves.
  layer: z.enum(CODE_LAYERS).exclude(["none"]),
  retry: z.enum(RETRY_POLICIES).exclude(["ok"]),
}) satisfies z.ZodType<CodeOverride>;

/** Approvals keep their meaning: 00, 10, 11, 16, and those with a flag. */
const overridableCode = z.string().regex(/^(?!00|10|11|16|A[2456]|Y[13])[0-9A-Z]{2}$/);

const codes = z.strictObject({
  profile: z
    .enum(CODE_PROFILES)
    .default("standard")
    .describe("How this acquirer means 78, A8, B1 and P1: of the card, of the terminal, or not known."),
  overrides: z
    .record(overridableCode, override)
    .default({})
    .describe("Its own meaning of a response code, by code; approvals cannot be changed.")
    .meta({
      examples: [
        {
          B1: {
            meaning: { en: "Terminal not supported", zh: "不支持该终端" },
            layer: "terminal",
            retry: "escalateAcquirer",
          },
        },
      ],
    }),
});

/** One acquirer that terminals reach through the relay: the `family: iso8583` form of an `acquirers` entry. */
export const iso8583Options = z
  .strictObject({
    id: nameOption
      .transform((value): AcquirerId => acquirerId(value))
      .describe("Name of this acquirer, for terminals, records and metrics.")
      .meta({ examples: ["unionpay"] }),
    family: z
      .literal("iso8583")
      .describe("Protocol that terminals and acquirer speak.")
      .meta({ examples: ["iso8583"] }),
    listen: listenEndpoint
      .describe("Where the terminals connect to, address:port. Set the terminals' host to this.")
      .meta({ examples: ["0.0.0.0:5001"] }),
    endpoints: boundedList(peerEndpoint, 1, 8)
      .describe("The acquirer's hosts, host:port, in order of preference.")
      .meta({ examples: [["acquirer.example.com:5000", "203.0.113.10:5000"]] }),
    tls: tlsOptions
      .exactOptional()
      .describe(
        "Present: the gateway speaks TLS to the acquirer. Leave out for plain TCP, or when terminals speak TLS.",
      ),
    routes: routeOptions.exactOptional().describe(ROUTES_IN_WORDS),
    framing: framing.prefault({}).describe("How messages are wrapped on TCP."),
    observe: z
      .enum(["on", "off"])
      .default("on")
      .describe("off relays the bytes without reading them: nothing is recorded but timing and sizes."),
    writeAheadMaxMs: z
      .int()
      .min(0)
      .max(1000)
      .default(150)
      .describe("Milliseconds that a request waits at most for its record to be on disk before it is passed on."),
    partialFrameMs: z
      .int()
      .min(1)
      .max(1000)
      .default(50)
      .describe("Milliseconds after which an unfinished frame is passed on as it is."),
    connectTimeoutMs: z
      .int()
      .min(100)
      .max(60_000)
      .default(5000)
      .describe("Milliseconds to wait for one endpoint to accept a connection, TLS included."),
    idleTimeoutS: z
      .int()
      .min(10)
      .max(86_400)
      .default(300)
      .describe("Seconds without a byte either way after which a connection is closed."),
    maxConnections: z
      .int()
      .min(1)
      .max(1024)
      .default(256)
      .describe("Terminal connections at once; further ones are refused."),
    enforcePause: z
      .boolean()
      .default(false)
      .describe(
        "true closes, without forwarding it, a connection whose first frame is a 0100 or 0200 request of a paused terminal. Reversals, advices and settlement always pass.",
      ),
    resendCount: z
      .int()
      .min(0)
      .max(9)
      .default(3)
      .describe("How often these terminals send a reversal again before they give it up (their parameter 23)."),
    codes: codes.prefault({}).describe("What its response codes mean, where sources differ."),
    debitKinds: kinds
      .default(DEBIT)
      .describe("Kinds of transaction that this acquirer counts as debit in settlement totals."),
    creditKinds: kinds.default(CREDIT).describe("Kinds that it counts as credit. No kind may stand in both lists."),
  })
  .refine(({ debitKinds, creditKinds }) => !debitKinds.some((kind) => creditKinds.includes(kind)), {
    error: "kinds that are not in debitKinds",
    params: { remedy: "remove the kind from one of the two lists" },
    path: ["creditKinds"],
    when: ({ value }) => hasLists(value, "debitKinds", "creditKinds"),
  });

export type Iso8583Options = z.output<typeof iso8583Options>;

function hasLists(value: unknown, ...keys: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  const lists = new Map(Object.entries(value));
  return keys.every((key) => Array.isArray(lists.get(key)));
}
