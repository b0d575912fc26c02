import { instant } from "../../../src/domain/clock.ts";
import type { RecordDraft } from "../../../src/domain/record.ts";
import { type TerminalId, terminalId } from "../../../src/domain/terminal.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { type LedgerOptions, openLedger } from "../../../src/queue/open-ledger.ts";
import { type Clock, systemClock } from "../../../src/runtime/clock.ts";
import type { Log, LogFields } from "../../../src/runtime/log.ts";

export const TILL: TerminalId = terminalId("till-1");

/** A ledger in a test's directory, which may lie in memory. */
export async function ledgerIn(directory: string, options: Partial<LedgerOptions> = {}): Promise<Ledger> {
  return openLedger({ clock: systemClock(), log: new HeardLog(), allowVolatile: true, directory, ...options });
}

export function sale(n: number, differs: Partial<RecordDraft> = {}): RecordDraft {
  return { kind: "transaction", terminal: TILL, body: { event: "answered", n }, ...differs };
}

/** The machine's clock, except for what a test wants otherwise. */
export function clockWith(differs: {
  readonly now?: () => number;
  readonly synced?: boolean;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}): Clock {
  const real = systemClock();
  const { now, synced, sleep } = differs;
  return {
    now: () => (now === undefined ? real.now() : instant(now())),
    monotonicMs: () => real.monotonicMs(),
    stamp: () => (synced === undefined ? real.stamp() : { ...real.stamp(), synced }),
    sleep: async (ms, signal) => (sleep === undefined ? real.sleep(ms, signal) : sleep(ms, signal)),
  };
}

/** Keeps the events that it heard. */
export class HeardLog implements Log {
  readonly events: { readonly event: string; readonly fields: LogFields }[] = [];

  debug(event: string, fields: LogFields = {}): void {
    this.events.push({ event, fields });
  }

  info(event: string, fields: LogFields = {}): void {
    this.events.push({ event, fields });
  }

  warn(event: string, fields: LogFields = {}): void {
    this.events.push({ event, fields });
  }

  error(event: string, fields: LogFields = {}): void {
    this.events.push({ event, fields });
  }

  child(): Log {
    return this;
  }
}
