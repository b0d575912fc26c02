import type { SettlementTotals, SettlementVerdict } from "../../domain/settlement.ts";
import { lllBytes, lllDigits, type RawField, text } from "../acquirer/compose.ts";
import type { Sides } from "../settlement-sides.ts";
import { adviseOne, failure, payDebts } from "./debts.ts";
import type { Device } from "./device.ts";
import { type JournalEntry, journalTotals } from "./journal.ts";
import type { Exchange } from "./line.ts";
import type { TerminalMemory } from "./memory.ts";
import { managementFields } from "./requests.ts";
import type { Failed, Settled } from "./shown.ts";

/** Details that fit one 0320 (reference 1.9). */
const DETAILS_A_PACKET = 8;

/** Digits of DE48 in a 0510 that carry the host's flags (reference 1.9). */
const DOMESTIC_FLAG = 30;
const FOREIGN_FLAG = 61;

/** 批结算: totals, details where the host's figures differ, the end message, and then the next batch begins. */
export async function settle(device: Device, sides: Sides, power: AbortSignal): Promise<Settled> {
  const { memory, identity, operator, log } = device.parts;
  const stopped = (await payDebts(device, power)) ?? (await adviseAll(device, power));
  if (stopped !== undefined) return stopped;

  const figures: readonly RawField[] = [
    [48, lllDigits(totalsField(memory.journal, sides))],
    [49, text(identity.currency, 3)],
    [63, lllBytes(Buffer.from(`${operator} `, "latin1"))],
  ];
  const exchange = await manage(device, "0500", "201", figures, power);
  if (exchange.kind !== "answered") return failure(exchange);
  const code = exchange.message.text(39) ?? "";
  if (code !== "00") return { shown: "declined", code };
  const flags = exchange.message.digits(48) ?? "";
  const domestic = verdictOf(flags[DOMESTIC_FLAG]);
  const foreign = verdictOf(flags[FOREIGN_FLAG]);
  const balanced = domestic === "balanced" && foreign === "balanced";

  const lines = balanced ? [] : detailsOf(memory, sides);
  const failed = (await upload(device, lines, power)) ?? (await end(device, lines.length, balanced, power));
  if (failed !== undefined) return failed;
  const { batch } = memory;
  log.info("terminal.settled", { batch, domestic, foreign, uploaded: lines.length });
  memory.closeBatch();
  return { shown: "settled", batch, domestic, foreign, uploaded: lines.length };
}

async function adviseAll(device: Device, power: AbortSignal): Promise<Failed | undefined> {
  while (device.parts.memory.advices.length > 0) {
    const failed = await adviseOne(device, power);
    if (failed !== undefined) return failed;
  }
  return undefined;
}

/** 0320 with 60.3 = 201, eight details each. */
async function upload(device: Device, lines: readonly string[], power: AbortSignal): Promise<Failed | undefined> {
  for (let at = 0; at < lines.length; at += DETAILS_A_PACKET) {
    const packet = lines.slice(at, at + DETAILS_A_PACKET);
    const de48 = String(packet.length).padStart(2, "0") + packet.join("");
    const exchange = await manage(device, "0320", "201", [[48, lllDigits(de48)]], power);
    if (exchange.kind !== "answered") return failure(exchange);
  }
  return undefined;
}

/** 0320 with 60.3 = 207 or 202, which hosts want even where there was nothing to upload. */
async function end(
  device: Device,
  uploaded: number,
  balanced: boolean,
  power: AbortSignal,
): Promise<Failed | undefined> {
  const count: RawField = [48, lllDigits(String(uploaded).padStart(4, "0"))];
  const exchange = await manage(device, "0320", balanced ? "207" : "202", [count], power);
  return exchange.kind === "answered" ? undefined : failure(exchange);
}

async function manage(
  device: Device,
  mti: string,
  networkCode: string,
  extra: readonly RawField[],
  power: AbortSignal,
): Promise<Exchange> {
  const { memory, identity } = device.parts;
  const fields = managementFields(memory.takeStan(), memory.batch, networkCode, identity, extra);
  return device.ask(mti, fields, "none", power);
}

/** DE48 of the 0500: domestic cards, then foreign ones; flags 0. */
function totalsField(journal: readonly JournalEntry[], sides: Sides): string {
  const domestic = journal.filter((entry) => !entry.isForeign);
  const foreign = journal.filter((entry) => entry.isForeign);
  return [domestic, foreign].map((entries) => half(journalTotals(entries, sides))).join("");
}

function half(totals: SettlementTotals): string {
  const { debitAmount, debitCount, creditAmount, creditCount } = totals;
  return (
    String(debitAmount).padStart(12, "0") +
    String(debitCount).padStart(3, "0") +
    String(creditAmount).padStart(12, "0") +
    String(creditCount).padStart(3, "0") +
    "0"
  );
}

/** Card class 2 (00 domestic, 01 foreign), STAN 6, number 20, amount 12 (reference 1.3). */
function detailsOf(memory: TerminalMemory, sides: Sides): readonly string[] {
  return memory.journal
    .filter((entry) => entry.result === "approved")
    .filter(({ kind }) => sides.debit.includes(kind) || sides.credit.includes(kind))
    .map((entry) => {
      const amount = String(entry.approvedAmount ?? entry.amount).padStart(12, "0");
      return (entry.isForeign ? "01" : "00") + entry.stan + memory.cardOf(entry).pan.padStart(20, "0") + amount;
    });
}

function verdictOf(flag: string | undefined): SettlementVerdict {
  if (flag === "1") return "balanced";
  return flag === "2" ? "notBalanced" : "error";
}
