import { assertNever } from "../../domain/assert-never.ts";
import {
  DeviceError,
  type DeviceAbilities,
  type DeviceCondition,
  type DeviceDiagnosis,
  type DeviceIdentity,
  type DeviceRecovery,
  type DeviceSession,
  type DeviceSettlement,
} from "../../domain/device.ts";
import type { LastTransaction, PaymentAnswer, PaymentOrder, PaymentProgress } from "../../domain/payment.ts";
import type { DeviceDeps } from "../driver.ts";
import type { Conversation } from "./conversation.ts";
import { conditionAfter } from "./condition-after.ts";
import type { Command, Dialect, EcrMessage, ToldPayment } from "./profiles/dialect.ts";
import type { ExchangeOutcome } from "./running-exchange.ts";
import { answerTo, lastOf, notSent, settlementOf, unanswered } from "./told-answers.ts";

/** A terminal of which the commands are known. */
export class EcrSession implements DeviceSession {
  readonly #conversation: Conversation;
  readonly #dialect: Dialect;
  readonly #abilities: DeviceAbilities;
  readonly #deps: DeviceDeps;
  #identity: DeviceIdentity = {};

  constructor(conversation: Conversation, dialect: Dialect, abilities: DeviceAbilities, deps: DeviceDeps) {
    this.#conversation = conversation;
    this.#dialect = dialect;
    this.#abilities = abilities;
    this.#deps = deps;
  }

  /** As far as the terminal has told it: some tell it with a result only. */
  get identity(): DeviceIdentity {
    return this.#identity;
  }

  get ended(): Promise<DeviceError> {
    return this.#conversation.ended;
  }

  async poll(signal: AbortSignal): Promise<DeviceCondition> {
    const { answer } = await this.#ask(this.#dialect.poll, signal);
    if (answer !== undefined) this.#learn(answer);
    return this.#dialect.condition(answer);
  }

  async pay(
    order: PaymentOrder,
    progress: (news: PaymentProgress) => void,
    cancel: AbortSignal,
  ): Promise<PaymentAnswer> {
    const refused = await this.#whyNot(order, cancel);
    if (refused !== undefined) return notSent(refused);
    if (this.#conversation.busy) return notSent("busy");
    const command = this.#dialect.compose(order);
    if ("notPossible" in command) return notSent(command.notPossible);
    let hostAskedAt: number | undefined;
    const carriedOut = this.#conversation.carryOut(command, undefined, (news) => {
      if (news.step === "waitingForHost") hostAskedAt ??= this.#deps.clock.monotonicMs();
      progress(news);
    });
    progress({ step: "sent" });
    const outcome = await carriedOut;
    const told = outcome.answer && this.#dialect.payment(outcome.answer, this.#deps.tokenise);
    if (outcome.answer === undefined || told === undefined) return unanswered(outcome, this.#conversation.endedWith);
    this.#learn(outcome.answer);
    this.#tellCondition(told);
    return answerTo(order, told, hostAskedAt === undefined ? undefined : this.#deps.clock.monotonicMs() - hostAskedAt);
  }

  async lastTransaction(signal: AbortSignal): Promise<LastTransaction | undefined> {
    if (!this.#abilities.tellsLastTransaction) throw notSupported("lastTransaction");
    const answer = answerOf(await this.#ask(this.#dialect.lastTransaction, signal));
    const told = this.#dialect.remembered(answer, this.#deps.tokenise);
    if (told === "refused") throw this.#refusedBy(answer);
    if (told === "none") return undefined;
    this.#learn(answer);
    return lastOf(told);
  }

  async settle(signal: AbortSignal): Promise<DeviceSettlement> {
    if (!this.#abilities.settles) throw notSupported("settle");
    const { totals, settle } = this.#dialect;
    const counted = totals && this.#dialect.settlement(answerOf(await this.#ask(totals, signal)));
    signal.throwIfAborted();
    const answer = answerOf(await this.#ask(settle));
    this.#learn(answer);
    return settlementOf(this.#dialect.settlement(answer), counted?.totals, this.#dialect.currency);
  }

  async diagnose(signal: AbortSignal): Promise<DeviceDiagnosis> {
    const { loadKeys } = this.#dialect;
    if (!this.#abilities.diagnoses || loadKeys === undefined) throw notSupported("diagnose");
    const outcome = await this.#ask(loadKeys, signal);
    const answer = answerOf(outcome);
    this.#learn(answer);
    const hostMs = outcome.answerMs === undefined ? {} : { hostMs: Math.round(outcome.answerMs) };
    const deviceCode = answer.fields.get("result")?.trim() ?? "";
    const result = this.#dialect.result(answer);
    if (result?.outcome === "approved") return { outcome: "passed", deviceCode, ...hostMs };
    return { outcome: "failed", reason: result?.reason ?? "resultUnknown", deviceCode, ...hostMs };
  }

  async recover(recovery: DeviceRecovery, signal: AbortSignal): Promise<void> {
    const { loadKeys } = this.#dialect;
    if (!this.#abilities.recoveries.has(recovery) || loadKeys === undefined) throw notSupported(recovery);
    const answer = answerOf(await this.#ask(loadKeys, signal));
    if (this.#dialect.result(answer)?.outcome !== "approved") throw this.#refusedBy(answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#conversation[Symbol.asyncDispose]();
  }

  /** Why an order must not go out now, where that is so. */
  async #whyNot(order: PaymentOrder, cancel: AbortSignal): Promise<string | undefined> {
    if (!this.#abilities.payments.has(order.kind)) return "notSupported";
    if (order.currency !== this.#dialect.currency) return "currencyNotSupported";
    if (!this.#conversation.inStep) {
      // Money goes over a line only of which is known that the terminal follows.
      const polled = await this.poll(cancel).catch((error: unknown) => reasonFor(error, cancel));
      if (typeof polled === "string") return polled;
    }
    if (cancel.aborted) return "cancelled";
    return this.#conversation.endedWith === undefined ? undefined : "linkLost";
  }

  /** @throws DeviceError when the terminal does not take it or does not answer. */
  async #ask(command: Command, signal?: AbortSignal): Promise<ExchangeOutcome> {
    if (this.#conversation.busy) throw new DeviceError("refused", "another command is running");
    const outcome = await this.#conversation.carryOut(command, signal);
    const detail = { command: command.name };
    switch (outcome.ending) {
      case "confirmed":
      case "answered":
        return outcome;
      case "notAccepted":
        throw new DeviceError("refused", "the terminal does not take the command", detail);
      case "silent":
        throw new DeviceError("silent", "no answer in time", detail);
      case "lost":
        throw this.#conversation.endedWith ?? new DeviceError("linkLost", "the link went away", detail);
      default:
        return assertNever(outcome.ending);
    }
  }

  #refusedBy(answer: EcrMessage): DeviceError {
    const { reason = "resultUnknown" } = this.#dialect.result(answer) ?? {};
    const detail = { result: answer.fields.get("result")?.trim() ?? "", reason };
    return new DeviceError("refused", `the terminal refuses: ${reason}`, detail);
  }

  #learn(message: EcrMessage): void {
    this.#identity = { ...this.#identity, ...this.#dialect.identity(message) };
  }

  #tellCondition(told: ToldPayment): void {
    const condition = conditionAfter(told);
    if (condition !== undefined) this.#deps.news({ type: "condition", condition });
  }
}

function answerOf({ answer }: ExchangeOutcome): EcrMessage {
  if (answer === undefined) throw new DeviceError("silent", "no answer in time");
  return answer;
}

function reasonFor(error: unknown, cancel: AbortSignal): string {
  if (cancel.aborted) return "cancelled";
  if (!(error instanceof DeviceError)) throw error;
  return error.code === "silent" ? "noAnswer" : error.code;
}

function notSupported(what: string): DeviceError {
  return new DeviceError("notSupported", `not for this terminal: ${what}`);
}
