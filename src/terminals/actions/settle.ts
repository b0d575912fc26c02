import { DeviceError, type DeviceSession, type DeviceSettlement } from "../../domain/device.ts";
import type { RecordDraft } from "../../domain/record.ts";
import type { SettlementRecord } from "../../domain/settlement.ts";
import type { TerminalId } from "../../domain/terminal.ts";
import { type Clock, rfc3339 } from "../../runtime/clock.ts";
import type { OpenItems } from "../open-items.ts";
import { bounded } from "../supervision/bounded.ts";
import { batchAgrees } from "./batch-comparison.ts";
import type { SettleDone } from "./order.ts";

export interface SettleDeps {
  readonly clock: Clock;
  readonly record: (draft: RecordDraft) => Promise<unknown>;
  readonly openItems: () => OpenItems | undefined;
}

/** A terminal sends its whole batch, some over a slow line. ms. */
const SETTLE_MS = 300_000;

/**
 * A terminal's end of day: what the ledger holds is on disk before the terminal is told to, what came of it after.
 *
 * @throws LedgerError before anything was sent.
 */
export async function settleTerminal(
  terminal: TerminalId,
  session: DeviceSession,
  { clock, record, openItems }: SettleDeps,
  signal: AbortSignal,
): Promise<SettleDone> {
  const ours = openItems()?.batchTotals(terminal);
  const body = (event: SettlementRecord["event"], more: Partial<SettlementRecord> = {}): SettlementRecord => ({
    event,
    terminal,
    stan: "",
    at: rfc3339(clock.now()),
    ...(ours?.currency === undefined ? {} : { currency: ours.currency }),
    ...(ours === undefined ? {} : { ledgerTotals: ours.totals }),
    ...more,
  });
  // The door to the ledger keeps what the disk refuses, and says so itself: what the terminal did is true all the same.
  const tellAfterwards = async (told: SettlementRecord): Promise<void> => {
    await record({ kind: "settlement", terminal, body: told }).catch(() => undefined);
  };
  await record({ kind: "settlement", terminal, body: body("requested") });
  let settlement: DeviceSettlement;
  try {
    settlement = await bounded("settle", async (stop) => session.settle(stop), { ms: SETTLE_MS, clock, signal });
  } catch (error) {
    const reason = error instanceof DeviceError ? error.code : "driverFailed";
    await tellAfterwards(body("unanswered", { reason }));
    return { outcome: "unknown", reason };
  }
  const { outcome, reason, deviceCode, totals, currency, receipts } = settlement;
  const ledgerAgrees = outcome === "settled" ? batchAgrees(totals, ours?.totals) : undefined;
  const told = {
    ...(reason === undefined ? {} : { reason }),
    ...(deviceCode === undefined ? {} : { deviceCode }),
    ...(currency === undefined ? {} : { currency }),
  };
  const closed = body(outcome === "settled" ? "batchClosed" : "notSent", {
    ...told,
    ...(totals === undefined ? {} : { deviceTotals: totals }),
    ...(receipts === undefined ? {} : { receipts }),
    ...(ledgerAgrees === undefined ? {} : { ledgerAgrees }),
  });
  await tellAfterwards(closed);
  return {
    outcome,
    ...told,
    ...(totals === undefined ? {} : { totals }),
    ...(ledgerAgrees === undefined ? {} : { ledgerAgrees }),
  };
}
