import { randomUUID } from "node:crypto";
import { isRelayed } from "./config/terminal-schema.ts";
import type { GatewayConfig, GatewaySecrets } from "./gateway-config.ts";
import { type DeviceSetting, deviceTerminals } from "./gateway-devices.ts";
import type { Access } from "./http/access.ts";
import type { PaymentRoutesOptions } from "./http/payment-source.ts";
import type { TerminalActionSource } from "./http/terminal-action-source.ts";
import type { Ledger } from "./queue/ledger.ts";
import type { Recorder } from "./recorder.ts";
import type { ReducerRunner } from "./reducer-runner.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Log } from "./runtime/log.ts";
import type { Task } from "./runtime/task.ts";
import type { AskingTimes } from "./terminals/payments/in-doubt-desk.ts";
import type { Lately } from "./terminals/lately.ts";
import type { SupervisedTerminals } from "./terminals/supervise.ts";
import type { Usage } from "./terminals/usage/usage.ts";

/** What the field has as the product has it: see `AskingTimes` and `PaymentRoutesOptions`. */
export interface PaymentTiming {
  readonly asking: AskingTimes;
  readonly waitMs: number;
}

export interface TerminalsDeps {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  /** Not running yet. */
  readonly reducers: ReducerRunner;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly timing?: PaymentTiming;
}

/** The terminals that tillgate drives, and the desk where tills have them paid. */
export interface GatewayTerminals {
  readonly supervised: Pick<SupervisedTerminals, "views" | "counters" | "operators" | "alive" | "running">;
  readonly actions: TerminalActionSource;
  /** Runs before the terminals do, and ends after them: what they answer last is recorded. */
  readonly desk: Task;
  readonly tasks: readonly Task[];
  /** What the ledger tells of every terminal, relayed ones too; `undefined` until it has been read. */
  readonly usage: () => Usage | undefined;
  readonly lately: () => Lately | undefined;
  payments(access: Access): PaymentRoutesOptions;
}

/** Builds all that is about driven terminals. Nothing happens before the tasks run. */
export async function gatewayTerminals(
  config: GatewayConfig,
  { passwords }: Pick<GatewaySecrets, "passwords">,
  { ledger, recorder, reducers, clock, log, random, timing }: TerminalsDeps,
): Promise<GatewayTerminals> {
  const [parts, actionParts, payParts] = await Promise.all([
    supervision(),
    import("./terminal-action-source.ts"),
    desks(),
  ]);
  const driven = config.terminals.filter((terminal) => !isRelayed(terminal));
  const setting: DeviceSetting = { currency: config.site.currency, timezone: config.site.timezone, passwords };
  const tokenise = (panDigits: string): ReturnType<Ledger["tokenise"]> => ledger.tokenise(panDigits);
  const terminals = await deviceTerminals(driven, setting, { clock, log, random, tokenise });
  const standings = reducers.add(parts.standings);
  const openItems = reducers.add(parts.openItems);
  const usage = reducers.add(parts.usage);
  const lately = reducers.add(parts.lately);
  const doubts = reducers.add(payParts.doubts);
  const supervised = parts.superviseTerminals(
    {
      terminals,
      relayed: config.terminals.filter(isRelayed).map(({ id }) => id),
      timezone: config.site.timezone,
    },
    {
      clock,
      log,
      random,
      record: recorder.record,
      standings: () => standings.present(),
      openItems: () => openItems.present(),
      usage: () => usage.present(),
      lateAnswer: (terminal, answer) => desk.told(terminal, answer),
    },
  );
  const deskDeps = {
    clock,
    log,
    ledger: {
      append: async (draft: Parameters<Ledger["append"]>[0]) => ledger.append(draft),
      find: async (key: string) => ledger.find(key),
      get refusesMoneyBecause() {
        return ledger.refusesMoneyBecause;
      },
    },
    recorder,
    claims: supervised.claims,
    doubts: () => doubts.present(),
    keysInUse: new Set<string>(),
    newId: randomUUID,
  };
  const { maxAmount, sameAmountMin, hotline } = config.http.payments;
  const desk = new payParts.PaymentDesk(deskDeps, {
    maxAmount,
    rules: { ...payParts.DEFAULT_OPTIONS.rules, sameAmountWithinMs: sameAmountMin * 60_000 },
    ...(timing === undefined ? {} : { asking: timing.asking }),
  });
  const alternatives = new payParts.AlternativeDesk(deskDeps);
  return {
    supervised,
    actions: actionParts.terminalActionSource(supervised.actions),
    desk,
    tasks: supervised.tasks,
    usage: () => usage.present(),
    lately: () => lately.present(),
    payments: (access) => ({
      source: {
        pay: async (application) => desk.pay(application),
        find: async (id) => desk.find(id),
        handIn: async (application) => alternatives.handIn(application),
        inDoubt: () => desk.inDoubt(),
        doubtView: (transaction) => desk.doubtView(transaction),
        resolve: async (id, as, why, asker) => desk.resolve(id, as, why, asker),
      },
      access,
      ...(timing === undefined ? {} : { waitMs: timing.waitMs }),
      ...(hotline === undefined ? {} : { hotline }),
    }),
  };
}

async function supervision() {
  const [{ superviseTerminals }, { standings }, { openItems }, { usage }, { lately }] = await Promise.all([
    import("./terminals/supervise.ts"),
    import("./terminals/standing.ts"),
    import("./terminals/open-items.ts"),
    import("./terminals/usage/usage.ts"),
    import("./terminals/lately.ts"),
  ]);
  return { superviseTerminals, standings, openItems, usage, lately };
}

async function desks() {
  const [{ PaymentDesk }, { AlternativeDesk }, { doubts }, { DEFAULT_OPTIONS }] = await Promise.all([
    import("./terminals/payments/payment-desk.ts"),
    import("./terminals/payments/alternative-desk.ts"),
    import("./terminals/payments/doubts.ts"),
    import("./terminals/payments/options.ts"),
  ]);
  return { PaymentDesk, AlternativeDesk, doubts, DEFAULT_OPTIONS };
}
