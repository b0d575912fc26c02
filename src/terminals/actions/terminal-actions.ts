import type { ActionRecord, TerminalAction } from "../../domain/action.ts";
import type { Instant } from "../../domain/clock.ts";
import { type DeviceDiagnosis, DeviceError, type DeviceIdentity } from "../../domain/device.ts";
import type { RecordDraft } from "../../domain/record.ts";
import type { TerminalEvent, TerminalId, TerminalRecord } from "../../domain/terminal.ts";
import { type Clock, rfc3339 } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import type { ClaimRefusal, TerminalClaim, TerminalClaims } from "../claim.ts";
import { compareIdentity } from "../identity.ts";
import type { OpenItems } from "../open-items.ts";
import { decisivePause } from "../pause.ts";
import { planReplacement } from "../replace.ts";
import type { Standings } from "../standing.ts";
import { bounded } from "../supervision/bounded.ts";
import type { TerminalSupervisor } from "../supervision/supervisor.ts";
import type {
  ActionRefusal,
  ActionResult,
  DiagnoseDone,
  Orderer,
  ReplaceDone,
  SelftestDone,
  SettleDone,
} from "./order.ts";
import { selftest, type SelftestAnswers } from "./selftest.ts";
import { selftestPlan } from "./selftest-plan.ts";
import { settleTerminal } from "./settle.ts";

export interface TerminalActionsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly record: (draft: RecordDraft, canWait?: boolean) => Promise<unknown>;
  readonly supervisors: ReadonlyMap<TerminalId, TerminalSupervisor>;
  readonly claims: TerminalClaims;
  /** Terminals that talk to their acquirer by themselves: only a guided self-test can be done with them. */
  readonly relayed: ReadonlySet<TerminalId>;
  readonly openItems: () => OpenItems | undefined;
  readonly standings: () => Standings | undefined;
  /** Whoever wants something done may go away before it is done; only the daemon's end stops it. */
  readonly signal: AbortSignal;
}

const DIAGNOSE_MS = 120_000;

/** What people and rules can have done with a terminal. Each action stands in the ledger, with who and why, before it is begun. */
export class TerminalActions {
  readonly #deps: TerminalActionsDeps;

  constructor(deps: TerminalActionsDeps) {
    this.#deps = deps;
  }

  /** @param until  It ends by itself then. */
  async pause(terminal: TerminalId, orderer: Orderer, until?: Instant): Promise<ActionResult<"paused">> {
    const supervisor = this.#supervisor(terminal);
    if ("refused" in supervisor) return supervisor;
    const end = until === undefined ? {} : { until };
    return this.#begun("pause", terminal, orderer, until === undefined ? {} : { until: rfc3339(until) }, async () => {
      supervisor.take({ type: "paused", pause: { ...orderer, ...end } });
      return Promise.resolve("paused");
    });
  }

  /**
   * Ends what holds it back. Where another terminal than expected answers, it confirms that one.
   *
   * @param serial  The number on the terminal, or its terminal number: only who looks at it can confirm it.
   */
  async resume(terminal: TerminalId, orderer: Orderer, serial?: string): Promise<ActionResult<"resumed">> {
    const supervisor = this.#supervisor(terminal);
    if ("refused" in supervisor) return supervisor;
    const { stranger, pauses, replacedBy } = supervisor.state;
    const { expected } = supervisor.options;
    if (replacedBy !== undefined) return { refused: "disabled", terminal, because: "replaced" };
    if (stranger !== undefined && isAgainstConfig(stranger, expected)) {
      return { refused: "wrongTerminal", terminal, because: "the config names another terminal: correct it there" };
    }
    if (
      stranger !== undefined &&
      (serial === undefined || ![stranger.serial, stranger.terminalNumber].includes(serial))
    ) {
      return { refused: "wrongTerminal", terminal };
    }
    if (stranger === undefined && pauses.length === 0) return { refused: "notPaused", terminal };
    if (stranger === undefined && pauses.every(({ by }) => by === "config")) {
      return { refused: "pausedByConfig", terminal, because: decisivePause(pauses)?.reason ?? "" };
    }
    return this.#begun("resume", terminal, orderer, {}, async () => {
      if (stranger !== undefined) supervisor.take({ type: "confirmed", ...orderer });
      if (pauses.length > 0) supervisor.take({ type: "resumed", ...orderer });
      return Promise.resolve("resumed");
    });
  }

  /** Closes the terminal's batch: moves money. Also while it is paused. */
  async settle(terminal: TerminalId, orderer: Orderer): Promise<ActionResult<SettleDone>> {
    return this.#withTerminal("settle", terminal, orderer, "settles", async ({ session }) => {
      const done = await settleTerminal(terminal, session, this.#deps, this.#deps.signal);
      const { outcome, reason, ledgerAgrees } = done;
      this.#note(terminal, "settled", {
        outcome,
        who: orderer.who,
        ...(reason === undefined ? {} : { reason }),
        ...(ledgerAgrees === undefined ? {} : { ledgerAgrees }),
      });
      return done;
    });
  }

  async diagnose(terminal: TerminalId, orderer: Orderer): Promise<ActionResult<DiagnoseDone>> {
    return this.#withTerminal("diagnose", terminal, orderer, "diagnoses", async ({ session }) => {
      const { clock, signal } = this.#deps;
      let done: DeviceDiagnosis;
      try {
        done = await bounded("diagnose", async (stop) => session.diagnose(stop), { ms: DIAGNOSE_MS, clock, signal });
      } catch (error) {
        done = { outcome: "failed", reason: error instanceof DeviceError ? error.code : "driverFailed" };
      }
      this.#note(terminal, "diagnosed", { ...done, who: orderer.who });
      return done;
    });
  }

  /** @param answers  Of a technician, where the family's plan asks for them. */
  async selftest(
    terminal: TerminalId,
    orderer: Orderer,
    answers: SelftestAnswers = {},
  ): Promise<ActionResult<SelftestDone>> {
    const { clock, signal, relayed, supervisors, claims } = this.#deps;
    const family = supervisors.get(terminal)?.options.family ?? (relayed.has(terminal) ? "relay" : undefined);
    if (family === undefined) return { refused: "unknownTerminal", terminal };
    const plan = selftestPlan(family);
    const claim = plan.every(({ kind }) => kind === "person") ? undefined : claims.claimToAsk(terminal);
    // That it cannot be reached is a result; that somebody pays on it just now is not.
    if (claim !== undefined && "refused" in claim && claim.refused !== "offline") return claim;
    using lent = claim === undefined || "refused" in claim ? undefined : claim;
    // The terminal stays ours until it is done.
    return await this.#begun("selftest", terminal, orderer, {}, async () => {
      const done = await selftest(plan, lent?.session, answers, clock, signal);
      const failed = done.steps.filter(({ result }) => result === "failed").map(({ id }) => id);
      this.#note(terminal, "selftested", {
        outcome: done.outcome,
        who: orderer.who,
        ...(failed.length === 0 ? {} : { failed: failed.join(",") }),
      });
      return done;
    });
  }

  /** From then on readers take the old terminal's history for the new one's. */
  async replace(
    oldTerminal: TerminalId,
    newTerminal: TerminalId,
    orderer: Orderer,
  ): Promise<ActionResult<ReplaceDone>> {
    const { supervisors, relayed, openItems, standings } = this.#deps;
    const [from, to] = [supervisors.get(oldTerminal), supervisors.get(newTerminal)];
    const known = standings();
    const oldReplacedBy = from?.state.replacedBy ?? known?.of(oldTerminal).replacedBy;
    const items = openItems();
    if (items === undefined || known === undefined)
      return { refused: "notRecorded", terminal: oldTerminal, because: "the ledger is still being read" };
    const open = items.of(oldTerminal);
    const { blocks, carried } = planReplacement({
      oldTerminal,
      newTerminal,
      isOldKnown: from !== undefined || relayed.has(oldTerminal) || open.length > 0,
      ...(oldReplacedBy === undefined ? {} : { oldReplacedBy }),
      isNewKnown: to !== undefined || relayed.has(newTerminal),
      isNewDisabled: to?.state.stranger !== undefined,
      isOtherMerchant: from !== undefined && to !== undefined && from.options.merchant !== to.options.merchant,
      isOldInUse: from?.state.claim !== undefined,
      canOldBeAsked: from !== undefined && from.refusal("ask") === undefined,
      open,
      inherited: known.predecessorsOf(oldTerminal).flatMap((one) => items.of(one)),
    });
    if (blocks.length > 0) return { refused: "blocked", terminal: oldTerminal, blocks };
    return this.#begun("replace", oldTerminal, orderer, { newTerminal }, async () => {
      const counts = Object.fromEntries(carried.map(({ what, count }) => [what, count]));
      const body: TerminalRecord = { event: "replaced", detail: { ...counts, by: newTerminal, who: orderer.who } };
      await this.#deps.record({ kind: "terminal", terminal: oldTerminal, body });
      from?.take({ type: "replaced", by: newTerminal });
      to?.take({ type: "reinstated" });
      return { carried };
    });
  }

  async #withTerminal<Done>(
    action: TerminalAction,
    terminal: TerminalId,
    orderer: Orderer,
    ability: "settles" | "diagnoses",
    work: (claim: TerminalClaim) => Promise<Done>,
  ): Promise<ActionResult<Done>> {
    const claim: TerminalClaim | ClaimRefusal = this.#deps.relayed.has(terminal)
      ? { refused: "notSupported", terminal, because: "relayed" }
      : this.#deps.claims.claimToAsk(terminal);
    if ("refused" in claim) return claim;
    using lent = claim;
    if (!lent.abilities[ability]) return { refused: "notSupported", terminal };
    return await this.#begun(action, terminal, orderer, {}, async () => work(lent));
  }

  /** Nothing is done that is not in the ledger: only the ledger can refuse here. */
  async #begun<Done>(
    action: TerminalAction,
    terminal: TerminalId,
    { who, reason, by }: Orderer,
    more: Pick<ActionRecord, "until" | "newTerminal">,
    work: () => Promise<Done>,
  ): Promise<ActionResult<Done>> {
    const body: ActionRecord = { action, terminal, who, reason, by, ...more };
    try {
      await this.#deps.record({ kind: "action", terminal, body });
      return { done: await work() };
    } catch (error) {
      this.#deps.signal.throwIfAborted();
      this.#deps.log.error("terminal.action-not-recorded", { terminal, action, error });
      return { refused: "notRecorded", terminal };
    }
  }

  #supervisor(terminal: TerminalId): TerminalSupervisor | ActionRefusal {
    const { supervisors, relayed } = this.#deps;
    const supervisor = supervisors.get(terminal);
    // Before it runs, what the ledger knows of it would overwrite what is said now.
    if (supervisor?.isRunning === false) return { refused: "offline", terminal, because: "starting" };
    if (supervisor !== undefined) return supervisor;
    return relayed.has(terminal)
      ? { refused: "notSupported", terminal, because: "relayed" }
      : { refused: "unknownTerminal", terminal };
  }

  #note(terminal: TerminalId, event: TerminalEvent, detail: NonNullable<TerminalRecord["detail"]>): void {
    const { record, log } = this.#deps;
    record({ kind: "terminal", terminal, body: { event, detail } }, true).catch((error: unknown) => {
      log.warn("terminal.not-recorded", { terminal, event, error });
    });
  }
}

/** A driver that knows the config found the stranger by itself, and told nothing of it. */
function isAgainstConfig(stranger: DeviceIdentity, expected: DeviceIdentity | undefined): boolean {
  const isNameless = stranger.serial === undefined && stranger.terminalNumber === undefined;
  return isNameless || compareIdentity(expected, stranger) === "other";
}
