import type { z } from "zod";
import { exposureSchema } from "../contract/exposure.ts";
import { type ExposureMeasure, MEASURES, type Side, SIDES } from "../domain/exposure.ts";
import { currency, minorUnits } from "../domain/money.ts";
import { columns, displayAmount, printable } from "./text.ts";

type Message = z.output<typeof exposureSchema>;

/** What people call each measure. */
const WORDS = {
  inDoubt: "in doubt",
  reversalAbandoned: "reversal abandoned",
  unsettled: "unsettled",
  notUploaded: "not uploaded",
  unbalanced: "unbalanced",
  unreported: "not yet confirmed by headquarters",
  parked: "parked: the broker refuses it",
} as const;
const SHOWN = [...MEASURES, "unreported", "parked"] as const;

/** Money at risk, a line for each measure and currency that is not empty; no lines when none is. */
export function exposureTable(message: Message): readonly string[] {
  const rows = SHOWN.flatMap((measure) => rowsOf(WORDS[measure], message[measure]));
  if (rows.length === 0) return [];
  return ["", ...columns(["MONEY AT RISK", "COUNT", "DEBIT", "CREDIT", "HELD", "OLDEST"], rows)];
}

/** `undefined` when what came is not a tillgate of this version. */
export function readExposure(body: unknown): Message | undefined {
  const parsed = exposureSchema.safeParse(body);
  return parsed.success ? parsed.data : undefined;
}

function rowsOf(name: string, { sums, oldestAgeS, oldestAgeIsAtLeast }: ExposureMeasure): readonly string[][] {
  const byCurrency = Map.groupBy(sums, (sum) => sum.currency);
  return [...byCurrency].map(([code, same], index) => [
    index === 0 ? name : "",
    String(same.reduce((count, sum) => count + sum.count, 0)),
    ...SIDES.map((side) => amountOf(same, side, code)),
    index === 0 && oldestAgeS !== undefined
      ? `${oldestAgeIsAtLeast === true ? "at least " : ""}${age(oldestAgeS)}`
      : "",
  ]);
}

function amountOf(sums: ExposureMeasure["sums"], side: Side, code: string): string {
  const amount = sums.reduce((total, sum) => total + sum[side], 0);
  if (amount === 0) return "";
  if (!Number.isSafeInteger(amount)) return "too much to count";
  return /^[A-Z]{3}$/.test(code)
    ? displayAmount(minorUnits(amount), currency(code))
    : printable(`${amount} in currency ${code}`);
}

/** As people say it: `45 s`, `12 min`, `5 h`, `3 d`. */
function age(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
