import { text } from "../acquirer/compose.ts";
import type { Device } from "./device.ts";
import type { Exchange } from "./line.ts";
import type { PendingReversal } from "./memory.ts";
import { ascending, managementFields } from "./requests.ts";
import type { Failed } from "./shown.ts";

// What a terminal owes its host before it may ask for something new (reference 1.10): first the script notice, then the
// reversal; advices follow one at a time.

/** @returns what stops the new transaction: no line or no power. A reversal that failed often enough stops nothing. */
export async function payDebts(device: Device, power: AbortSignal): Promise<Failed | undefined> {
  return (await noticeScript(device, power)) ?? (await reverse(device, power));
}

/** Sends one stored advice, the oldest. @returns undefined when it was answered or none is owed. */
export async function adviseOne(device: Device, power: AbortSignal): Promise<Failed | undefined> {
  const { memory, log } = device.parts;
  const advice = memory.advices[0];
  if (advice === undefined) return undefined;
  const { entry, fields } = advice;
  const exchange = await device.ask("0220", fields, "good", power, () => {
    if (entry.timesSent > 0) device.counters.advicesRepeated += 1;
    entry.timesSent += 1;
  });
  if (exchange.kind !== "answered") return failure(exchange);
  memory.advices.shift();
  const code = exchange.message.text(39) ?? "";
  entry.code = code;
  entry.result = code === "00" ? "approved" : "declined";
  noteAnswer(entry, exchange.message);
  log.info("terminal.adviceAnswered", { stan: entry.stan, code, timesSent: entry.timesSent });
  return undefined;
}

/** Takes over what later transactions refer to. */
export function noteAnswer(
  entry: PendingReversal["entry"],
  message: Extract<Exchange, { kind: "answered" }>["message"],
): void {
  const rrn = message.text(37);
  const authCode = message.text(38)?.trimEnd();
  const date = message.digits(13);
  if (rrn !== undefined) entry.rrn = rrn;
  if (authCode !== undefined && authCode !== "") entry.authCode = authCode;
  if (date !== undefined) entry.date = date;
}

export function failure(exchange: Exclude<Exchange, { kind: "answered" }>): Failed {
  if (exchange.kind === "powerCut") return { shown: "powerCut" };
  if (exchange.kind === "notSent") return { shown: "noConnection", reason: exchange.reason };
  return { shown: "noAnswer", reason: exchange.reason };
}

/** 0620 with 60.3 = 951. Not answered: asked again before the next transaction, which goes on meanwhile. */
async function noticeScript(device: Device, power: AbortSignal): Promise<Failed | undefined> {
  const { memory, identity } = device.parts;
  if (!memory.owesScriptNotice) return undefined;
  const fields = managementFields(memory.takeStan(), memory.batch, "951", identity);
  const exchange = await device.ask("0620", fields, "good", power);
  if (exchange.kind === "answered") memory.owesScriptNotice = false;
  else if (exchange.kind !== "noAnswer") return failure(exchange);
  return undefined;
}

/** Attempts the reversal until it is answered with 00 or the resend count is used up; then it is dropped. */
async function reverse(device: Device, power: AbortSignal): Promise<Failed | undefined> {
  const { memory, log, reversalResends } = device.parts;
  for (let owed = memory.reversal; owed !== undefined; owed = memory.reversal) {
    const stopped = await attemptReversal(device, owed, power);
    if (stopped !== undefined) return stopped;
    if (memory.reversal !== undefined && owed.attempts > reversalResends) {
      memory.reversal = undefined;
      owed.entry.result = "reversalGivenUp";
      device.counters.reversalsGivenUp += 1;
      log.error("terminal.reversalGivenUp", { stan: owed.entry.stan, attempts: owed.attempts });
    }
  }
  return undefined;
}

async function attemptReversal(device: Device, owed: PendingReversal, power: AbortSignal): Promise<Failed | undefined> {
  const { memory, log } = device.parts;
  const fields = ascending([...owed.fields, [39, text(owed.reason, 2)]]);
  const exchange = await device.ask("0400", fields, "good", power, () => {
    // Counted before it goes out: a power cut in between must not make the attempts endless.
    owed.attempts += 1;
    owed.entry.reversalsSent += 1;
    device.counters.reversalsSent += 1;
  });
  if (exchange.kind === "notSent" || exchange.kind === "powerCut") return failure(exchange);
  if (exchange.kind === "noAnswer") {
    log.warn("terminal.reversalUnanswered", { stan: owed.entry.stan, attempt: owed.attempts });
    return undefined;
  }
  const code = exchange.message.text(39) ?? "";
  if (code === "00") {
    memory.reversal = undefined;
    owed.entry.result = "reversed";
    log.info("terminal.reversed", { stan: owed.entry.stan, attempts: owed.attempts });
  } else {
    // A rejected reversal goes on with reason 06 (reference 1.10).
    owed.reason = "06";
    log.warn("terminal.reversalRejected", { stan: owed.entry.stan, code, attempt: owed.attempts });
  }
  return undefined;
}
