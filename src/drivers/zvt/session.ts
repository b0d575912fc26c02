import {
  type DeviceCondition,
  type DeviceDiagnosis,
  DeviceError,
  type DeviceIdentity,
  type DeviceRecovery,
  type DeviceSession,
  type DeviceSettlement,
} from "../../domain/device.ts";
import { currencyFromNumber } from "../../domain/money.ts";
import type { LastTransaction, PaymentAnswer, PaymentOrder, PaymentProgress } from "../../domain/payment.ts";
import * as command from "./codec/commands.ts";
import { hexCode } from "./codec/hex-code.ts";
import type { Completion } from "./codec/messages.ts";
import { resultMeaning } from "./codec/results.ts";
import { conditionOf, conditionOfStatusByte } from "./codec/terminal-status.ts";
import type { Ended } from "./conversation.ts";
import type { CommandPlan } from "./machine/command-machine.ts";
import { isOnlyChecked, transactionOf } from "./machine/outcome.ts";
import { Told } from "./machine/told.ts";
import { carryOut } from "./paying.ts";
import { recoveryPlans, repeatReceiptPlan } from "./recoveries.ts";
import { remember, type SessionParts } from "./session-parts.ts";
import { type ZvtSetup, passwordOf } from "./setup.ts";

/** An open and registered terminal. */
export class ZvtSession implements DeviceSession {
  readonly identity: DeviceIdentity;
  readonly ended: Promise<DeviceError>;
  readonly #parts: SessionParts;
  readonly #password: string;
  #pending: DeviceCondition | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.identity = parts.identity;
    this.ended = parts.ended;
    this.#password = passwordOf(parts.setup);
    this.#pending = parts.pending;
  }

  async poll(signal: AbortSignal): Promise<DeviceCondition> {
    const { end } = await this.#run({ apdu: command.statusEnquiry(), repeatable: true, completes: true }, signal);
    switch (end.type) {
      case "refused":
      case "aborted":
        return conditionOf(end.code);
      case "completed": {
        const condition = conditionOf(completionOf(end)?.terminalStatus ?? 0);
        return condition.state === "ready" ? (this.#pending ?? condition) : condition;
      }
      default:
        throw notUnderstood(end);
    }
  }

  async pay(
    order: PaymentOrder,
    progress: (news: PaymentProgress) => void,
    cancel: AbortSignal,
  ): Promise<PaymentAnswer> {
    return carryOut(this.#parts, order, progress, cancel);
  }

  async lastTransaction(signal: AbortSignal): Promise<LastTransaction | undefined> {
    const { end, told } = await this.#run(repeatReceiptPlan(this.#parts.setup), signal);
    const { status } = told;
    // A failure's status could be that of the question.
    if (end.type !== "completed") throw this.#refusal(end);
    if (status === undefined) return undefined;
    if (status.result === undefined) throw notUnderstood(end);
    remember(this.#parts.memory, status, "newest");
    if (isOnlyChecked(status)) throw onlyChecked();
    const { outcome } = resultMeaning(status.result, this.#hostCodes);
    const { receipts } = told;
    return {
      outcome,
      transaction: { ...transactionOf(status, this.#hostCodes), ...(receipts === undefined ? {} : { receipts }) },
    };
  }

  async settle(signal: AbortSignal): Promise<DeviceSettlement> {
    const { end, told } = await this.#run(
      { apdu: command.endOfDay(this.#password), repeatable: false, completes: true },
      signal,
    );
    const { status, receipts } = told;
    const currency =
      status?.currencyNumber === undefined ? this.#parts.setup.currency : currencyFromNumber(status.currencyNumber);
    const shown = {
      ...(status?.totals === undefined ? {} : { totals: status.totals.cards.filter(({ count }) => count > 0) }),
      ...(currency === undefined ? {} : { currency }),
      ...(receipts === undefined ? {} : { receipts }),
    };
    const result = status?.result ?? 0;
    if (end.type === "completed" && result === 0) return { outcome: "settled", ...shown };
    if (end.type !== "completed" && end.type !== "refused" && end.type !== "aborted") throw notUnderstood(end);
    const code = end.type === "completed" ? result : end.code;
    const { word } = resultMeaning(code, this.#hostCodes);
    const outcome = end.type === "refused" ? "refused" : "failed";
    return { outcome, reason: word, deviceCode: hexCode(code), ...shown };
  }

  async diagnose(signal: AbortSignal): Promise<DeviceDiagnosis> {
    const { end, told } = await this.#run({ apdu: command.diagnosis(), repeatable: true, completes: true }, signal);
    const { hostMs } = told;
    const shown = hostMs === undefined ? {} : { hostMs };
    if (end.type === "completed") {
      this.#takePending(completionOf(end));
      return { outcome: "passed", ...shown };
    }
    if (end.type !== "refused" && end.type !== "aborted") throw notUnderstood(end);
    const { word } = resultMeaning(end.code, this.#hostCodes);
    return { outcome: "failed", reason: word, deviceCode: hexCode(end.code), ...shown };
  }

  async recover(step: DeviceRecovery, signal: AbortSignal): Promise<void> {
    for (const plan of recoveryPlans(step, this.#parts)) {
      const { end } = await this.#run(plan, signal);
      if (end.type !== "completed" && end.type !== "taken") throw this.#refusal(end);
      if (end.type === "completed") this.#takePending(completionOf(end));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.conversation[Symbol.asyncDispose]();
  }

  get #hostCodes(): ZvtSetup["options"]["hostCodes"] {
    return this.#parts.setup.options.hostCodes;
  }

  #nowMs(): number {
    return this.#parts.clock.monotonicMs();
  }

  /**
   * A command that is no order. When the signal fires the session ends: nobody may take what comes late for an answer.
   *
   * @throws DeviceError when the link or the terminal's patience ends; the signal's reason.
   */
  async #run(plan: CommandPlan, signal: AbortSignal): Promise<{ readonly end: TerminalsWord; readonly told: Told }> {
    signal.throwIfAborted();
    const { conversation } = this.#parts;
    const told = new Told("administration");
    const stop = (): void => conversation.end(new DeviceError("closed", "the session was closed"));
    signal.addEventListener("abort", stop);
    try {
      const end = await conversation.run(plan, { told: (message) => void told.take(message, this.#nowMs()) });
      signal.throwIfAborted();
      told.end(this.#nowMs());
      if (end.type === "lost") throw end.error;
      if (end.type === "silent")
        throw new DeviceError("silent", "the terminal did not answer in time", { timer: end.timer });
      return { end, told };
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #takePending(completion: Completion | undefined): void {
    const byte = completion?.status.statusByte;
    this.#pending = byte === undefined ? undefined : conditionOfStatusByte(byte);
  }

  #refusal(end: TerminalsWord): DeviceError {
    if (end.type !== "refused" && end.type !== "aborted") return notUnderstood(end);
    return refusalOf(end.code, this.#hostCodes);
  }
}

/** An end with the terminal's own word. */
type TerminalsWord = Exclude<Ended, { type: "lost" | "silent" }>;

function completionOf(end: Extract<Ended, { type: "completed" }>): Completion | undefined {
  return end.message.type === "completion" ? end.message.completion : undefined;
}

/** @param code  See codec/results.ts. */
export function refusalOf(code: number, kind: ZvtSetup["options"]["hostCodes"]): DeviceError {
  const { word, en, zh } = resultMeaning(code, kind);
  return new DeviceError("refused", `the terminal refuses: ${en}. 终端拒绝：${zh}。`, {
    code: hexCode(code),
    reason: word,
  });
}

function onlyChecked(): DeviceError {
  return new DeviceError("refused", "the terminal's last transaction is a check of a card, without an authorisation", {
    reason: "onlyChecked",
  });
}

function notUnderstood(end: Ended): DeviceError {
  return new DeviceError("garbage", "the terminal answers with what does not fit the command", { end: end.type });
}
