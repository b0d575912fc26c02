import {
  afterGap,
  type DeliveryGap,
  deliveryGapOf,
  type ParkedRecord,
  parkedRecords,
} from "../../domain/parked-records.ts";
import type { OfflineLedger } from "../../queue/offline.ts";
import type { Output } from "../output.ts";
import { columns, displayAmount, localTime, printable } from "../text.ts";
import { envelopeOf } from "./selection.ts";

const HEADS = ["SEQ", "SINCE", "TERMINAL", "KIND", "AMOUNT", "WHY"];

/** Texts for the reasons that this version gives; another version's stand as they are. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ["tooLarge", "larger than the broker takes"],
  ["brokerRefuses", "the broker refuses it for good"],
  ["breaksTheLine", "the broker ends the session whenever it comes"],
]);

/** What is parked now, the oldest first. */
export function parkedIn(ledger: OfflineLedger): readonly ParkedRecord[] {
  let gaps: readonly DeliveryGap[] = [];
  for (const record of ledger.forward()) {
    const gap = record.kind === "gap" ? deliveryGapOf(envelopeOf(record)) : undefined;
    if (gap !== undefined) gaps = afterGap(gaps, gap);
  }
  return parkedRecords(gaps);
}

/** `journal parked`: what the broker cannot be given, the oldest at the top. */
export function parked(ledger: OfflineLedger, output: Output): number {
  const records = parkedIn(ledger);
  const rows = records.map((record) => cells(record).map(printable));
  if (rows.length === 0) output.complain("Nothing is parked.");
  else for (const line of columns(HEADS, rows)) output.print(line);
  if (rows.length > 0) {
    output.complain(
      "Headquarters does not have these. When the broker can take them: tillgate journal resend SEQ, or all.",
    );
  }
  return 0;
}

function cells({ seq, since, terminal, kind, amount, currency, reason, code }: ParkedRecord): readonly string[] {
  const why = WORDS.get(reason) ?? reason;
  return [
    String(seq),
    localTime(since),
    terminal ?? "",
    kind,
    amount === undefined ? "" : displayAmount(amount, currency),
    code === undefined ? why : `${why} (0x${code.toString(16)})`,
  ];
}
