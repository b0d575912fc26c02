import type { z } from "zod";
import type { terminalStateSchema } from "./contract/terminal-state.ts";
import { instant } from "./domain/clock.ts";
import type { Exposure } from "./domain/exposure.ts";
import type { TerminalId, TerminalView } from "./domain/terminal.ts";
import { type Clock, rfc3339 } from "./runtime/clock.ts";
import type { Lately, LatelyOfTerminal } from "./terminals/lately.ts";
import type { Usage } from "./terminals/usage/usage.ts";
import type { RetainedState } from "./uplink/retained-state.ts";

export type TerminalStateMessage = z.input<typeof terminalStateSchema>;

/** A terminal of the config. */
export interface ReportedTerminal {
  readonly id: TerminalId;
  /** Why the config holds a relayed one back. */
  readonly paused?: string;
}

export interface TerminalReportSources {
  readonly terminals: readonly ReportedTerminal[];
  /** All of this moment, relayed and driven. */
  readonly views: () => readonly TerminalView[];
  /** `undefined` until the ledger has been read. */
  readonly usage: () => Usage | undefined;
  readonly lately: () => Lately | undefined;
  readonly exposure: () => { readonly now: Exposure } | { readonly unknownBecause: string };
  readonly clock: Clock;
}

/** contracts.md, MQTT: as `health` is. ms. */
const REPEAT_EVERY_MS = 60_000;
/** Two repeats may be lost before the last one says nothing any more. ms. */
const EXPIRES_AFTER_MS = 3 * REPEAT_EVERY_MS;
/** The publisher looks once a second at every terminal: all are looked up together. ms. */
const FRESH_MS = 500;

/** How each terminal of the config is, as headquarters finds it retained. */
export class TerminalReport {
  readonly #sources: TerminalReportSources;
  #views: ReadonlyMap<string, TerminalView> = new Map();
  #viewedAt: number | undefined;

  constructor(sources: TerminalReportSources) {
    this.#sources = sources;
  }

  retained(): readonly RetainedState[] {
    return this.#sources.terminals.map((terminal) => ({
      topic: `terminals/${terminal.id}` as const,
      repeatEveryMs: REPEAT_EVERY_MS,
      current: () => {
        const message = this.message(terminal);
        return message === undefined ? undefined : JSON.stringify(message);
      },
      fingerprint: () => {
        const view = this.#view(terminal.id);
        if (view === undefined) return "";
        return fingerprintOf(view, stateOf(view, terminal.paused), this.#sources.lately()?.of(terminal.id));
      },
    }));
  }

  message({ id, paused }: ReportedTerminal): TerminalStateMessage | undefined {
    const view = this.#view(id);
    if (view === undefined) return undefined;
    const { family = "relay", lastSeenAt, unresolved, group, pause, serial, model, firmware } = view;
    const { clock } = this.#sources;
    const now = clock.now();
    return {
      terminal: id,
      family,
      asOf: rfc3339(now),
      expiresAt: rfc3339(instant(now + EXPIRES_AFTER_MS)),
      clockSynced: clock.stamp().synced,
      ...stateOf(view, paused),
      ...(lastSeenAt === undefined ? {} : { lastSeenAt }),
      unresolved,
      ...(group === undefined ? {} : { group }),
      ...(pause === undefined ? {} : { pause }),
      ...(serial === undefined ? {} : { serial }),
      ...(model === undefined ? {} : { model }),
      ...(firmware === undefined ? {} : { firmware }),
      ...this.#ofLedger(id, now),
      ...this.#unsent(id),
    };
  }

  #ofLedger(terminal: TerminalId, nowMs: number): Partial<TerminalStateMessage> {
    const { lately, usage } = this.#sources;
    const done = lately()?.of(terminal);
    const used = usage()?.of(terminal, nowMs);
    const { last, settledAt, ended = 0, failed = 0 } = done ?? {};
    return {
      ...(last === undefined ? {} : { lastTransaction: shownLast(last) }),
      ...(ended === 0 ? {} : { failureRate: failed / ended, failureRateOver: ended }),
      ...(used === undefined ? {} : { utilisation: { lastHour: used.lastHour, lastDay: used.lastDay } }),
      ...(settledAt === undefined
        ? {}
        : {
            settlement: {
              at: rfc3339(settledAt.at),
              ageS: Math.max(Math.floor((nowMs - settledAt.at) / 1_000), 0),
            },
          }),
    };
  }

  #unsent(id: TerminalId): Pick<TerminalStateMessage, "unsent"> {
    const exposure = this.#sources.exposure();
    if (!("now" in exposure)) return {};
    const own = exposure.now.unreported.sums.filter(({ terminal }) => terminal === id);
    return {
      unsent: {
        count: own.reduce((before, { count }) => before + count, 0),
        sums: own.map(({ terminal: _same, ...sum }) => sum),
      },
    };
  }

  #view(terminal: TerminalId): TerminalView | undefined {
    const nowMs = this.#sources.clock.monotonicMs();
    if (this.#viewedAt === undefined || nowMs - this.#viewedAt >= FRESH_MS) {
      this.#views = new Map(this.#sources.views().map((view) => [view.terminal, view]));
      this.#viewedAt = nowMs;
    }
    return this.#views.get(terminal);
  }
}

type Standing = Pick<TerminalStateMessage, "state" | "since" | "reason" | "advice">;

/** Nobody asks a relayed terminal how it is: that it was seen is all that is known. */
function stateOf({ state, since, reason, advice, lastSeenAt }: TerminalView, paused: string | undefined): Standing {
  if (state !== undefined) {
    return {
      state,
      ...(since === undefined ? {} : { since }),
      ...(reason === undefined ? {} : { reason }),
      ...(advice === undefined ? {} : { advice }),
    };
  }
  if (paused !== undefined) return { state: "paused", reason: "paused" };
  return lastSeenAt === undefined ? { state: "unknown", reason: "notSeen" } : { state: "idle", reason: "notAsked" };
}

/**
 * What is published at once. Figures that move with every sale wait for the next minute; a driven terminal's sale is told at
 * once all the same, because with each its state goes to `busy` and back.
 */
function fingerprintOf(
  { state: driven, unresolved, serial, model, firmware, pause }: TerminalView,
  { state, reason }: Standing,
  { last, settledAt }: Partial<LatelyOfTerminal> = {},
): string {
  const sale = driven === undefined ? undefined : [last?.id, last?.outcome];
  return JSON.stringify([state, reason, unresolved, serial, model, firmware, pause, settledAt?.at, sale]);
}

function shownLast({ id: _ours, ...last }: NonNullable<ReturnType<Lately["of"]>["last"]>) {
  return last;
}
