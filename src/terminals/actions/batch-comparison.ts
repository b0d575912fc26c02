import type { DeviceSettlement } from "../../domain/device.ts";
import type { SettlementTotals } from "../../domain/settlement.ts";

/**
 * Whether the terminal's totals are the ledger's. A terminal does not say how it counts what was given back, so that a batch
 * with refunds, like one that it gives no totals for, is not compared: `undefined`.
 */
export function batchAgrees(
  totals: DeviceSettlement["totals"],
  ledger: SettlementTotals | undefined,
): boolean | undefined {
  if (totals === undefined || ledger === undefined || ledger.creditCount > 0) return undefined;
  const amount = totals.reduce((sum, one) => sum + one.amount, 0);
  if (amount !== ledger.debitAmount) return false;
  const counts = totals.flatMap(({ count }) => count ?? []);
  const isCounted = counts.length === totals.length;
  return !isCounted || counts.reduce((sum, one) => sum + one, 0) === ledger.debitCount;
}
