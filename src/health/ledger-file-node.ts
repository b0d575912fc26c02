import { assertNever } from "../domain/assert-never.ts";
import { type HealthNode, wholeOf } from "../domain/health.ts";

/** The ledger's file: how it is written, whether what it holds is what was written, and what had to be set aside. */
export interface LedgerFileFacts {
  /** Absent while write-ahead logging works. */
  readonly noWalBecause?: string;
  readonly integrity: { readonly state: "unknown" | "pass" } | { readonly state: "damaged"; readonly found: string };
  /** Why the daemon will soon restart itself. */
  readonly reopening?: string;
  /** Damaged ledgers that stand in the store's directory. */
  readonly quarantined: number;
}

/** Sales go on whatever is found here: nothing of it is more than a warning. */
export function ledgerFileNode({ noWalBecause, integrity, reopening, quarantined }: LedgerFileFacts): HealthNode {
  return wholeOf(
    "ledgerFile",
    [journalNode(noWalBecause), integrityNode(integrity, reopening), quarantineNode(quarantined)].map((node) => ({
      weight: "degrading",
      node,
    })),
  );
}

function journalNode(noWalBecause: string | undefined): HealthNode {
  const name = "journal";
  if (noWalBecause === undefined) return { name, status: "pass", observedValue: "wal" };
  return {
    name,
    status: "warn",
    observedValue: "delete",
    reason: `write-ahead logging does not work in this directory: ${noWalBecause}`,
    advice: "Records are as safe, but each takes longer. Put store.directory on a local ext4 file system.",
  };
}

function integrityNode(integrity: LedgerFileFacts["integrity"], reopening: string | undefined): HealthNode {
  const name = "integrity";
  if (reopening !== undefined) {
    return {
      name,
      status: "warn",
      reason: reopening,
      advice: "Nothing to do: tillgate restarts itself when no terminal is connected, within a minute.",
    };
  }
  switch (integrity.state) {
    case "unknown":
      return { name, status: "unknown", reason: "not every record was looked at yet", advice: "Wait a minute." };
    case "pass":
      return { name, status: "pass" };
    case "damaged":
      return {
        name,
        status: "warn",
        reason: `the ledger is damaged: ${integrity.found}`,
        advice: "Restart tillgate when the shop is closed: it saves what can be read. Then check the memory card.",
      };
    default:
      return assertNever(integrity);
  }
}

function quarantineNode(folders: number): HealthNode {
  const name = "quarantine";
  const value = { observedValue: folders, observedUnit: "folders" };
  if (folders === 0) return { name, status: "pass", ...value };
  return {
    name,
    status: "warn",
    ...value,
    reason: "a damaged ledger was set aside; headquarters knows what could be saved",
    advice:
      "Hand the folders below quarantine/ in the store directory to support, then move them away; check the card.",
  };
}
