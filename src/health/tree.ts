import { anyOf, type HealthNode, healthLines, wholeOf } from "../domain/health.ts";
import { type LedgerFileFacts, ledgerFileNode } from "./ledger-file-node.ts";
import { type StorageFacts, storageNode } from "./storage-node.ts";

/** What the parts of the gateway say of themselves, right now. */
export interface HealthFacts {
  readonly ledger: {
    /** Both store threads answered in time. */
    readonly answers: boolean;
    /** Records that wait in memory for the disk, and those that memory could not hold since the start. */
    readonly held: number;
    readonly notRecorded: number;
    /** Of the last append that failed, until one succeeds. */
    readonly failure?: { readonly code: string; readonly remedy: string };
    /** ms, 99th percentile of recent commits. Absent before the first. */
    readonly commitP99Ms?: number;
  };
  readonly ledgerFile: LedgerFileFacts;
  readonly storage: StorageFacts;
  readonly uplink: {
    readonly connected: boolean;
    readonly hqOnline: boolean;
    /** Records that HQ has not confirmed. */
    readonly unconfirmed: number;
    readonly lastError?: string;
  };
  readonly acquirers: readonly AcquirerFacts[];
  readonly clockSynced: boolean;
}

export interface AcquirerFacts {
  readonly acquirer: string;
  readonly listening: boolean;
}

/** A commit that takes longer points at a dying card (field-lessons.md, C1). ms. */
const SLOW_COMMIT_MS = 250;

/** The gateway as a tree, without its memory of since when: `withSince` adds that. */
export function healthTree(facts: HealthFacts): HealthNode {
  return wholeOf("tillgate", [
    { weight: "vital", node: ledgerNode(facts.ledger) },
    { weight: "degrading", node: storageNode(facts.storage) },
    { weight: "vital", node: anyOf("acquirers", facts.acquirers.map(acquirerNode)) },
    { weight: "degrading", node: ledgerFileNode(facts.ledgerFile) },
    { weight: "degrading", node: uplinkNode(facts.uplink) },
    { weight: "degrading", node: clockNode(facts.clockSynced) },
  ]);
}

/** Carries over since when each status has been what it is. `now` is RFC 3339. */
export function withSince(tree: HealthNode, before: HealthNode | undefined, now: string): HealthNode {
  const known = new Map(before === undefined ? [] : healthLines(before).map(({ path, node }) => [path, node]));
  const dated = (node: HealthNode, path: string): HealthNode => {
    const old = known.get(path);
    const since = old !== undefined && old.status === node.status ? (old.since ?? now) : now;
    if (node.parts === undefined) return { ...node, since };
    const parts = node.parts.map((part) => dated(part, path === "" ? part.name : `${path}/${part.name}`));
    return { ...node, since, parts };
  };
  return dated(tree, "");
}

function ledgerNode({ answers, failure, held, notRecorded, commitP99Ms }: HealthFacts["ledger"]): HealthNode {
  const name = "ledger";
  if (!answers) {
    return {
      name,
      status: "fail",
      reason: "the store does not answer",
      advice: "Restart tillgate; if it happens again, replace the card.",
    };
  }
  if (failure !== undefined) {
    const waiting = held === 0 ? "" : `; ${held} records wait in memory, and are lost when the power goes`;
    const lost = notRecorded === 0 ? "" : `; ${notRecorded} more could not be kept`;
    return {
      name,
      status: "fail",
      ...(held === 0 ? {} : { observedValue: held, observedUnit: "records" }),
      reason: `${failure.code}${waiting}${lost}`,
      advice: held === 0 ? failure.remedy : `Do not switch off. ${failure.remedy}`,
    };
  }
  if (commitP99Ms === undefined) return { name, status: "pass" };
  const value = { observedValue: commitP99Ms, observedUnit: "ms" };
  if (commitP99Ms <= SLOW_COMMIT_MS) return { name, status: "pass", ...value };
  return {
    name,
    status: "warn",
    ...value,
    reason: "writing to disk is slow",
    advice: "Check the memory card; replace it before the weekend.",
  };
}

function acquirerNode({ acquirer, listening }: AcquirerFacts): HealthNode {
  if (listening) return { name: acquirer, status: "pass" };
  return {
    name: acquirer,
    status: "fail",
    reason: "no endpoint of the acquirer can be reached; terminals are refused before they send",
    advice: "Check the shop's internet line, then ask the acquirer's hotline whether its host is up.",
  };
}

function uplinkNode({ connected, hqOnline, unconfirmed, lastError }: HealthFacts["uplink"]): HealthNode {
  const name = "headquarters";
  const value = { observedValue: unconfirmed, observedUnit: "records" };
  if (connected && hqOnline) return { name, status: "pass", ...value };
  const reason = connected
    ? "the broker is reached, headquarters' consumer is not up"
    : `the broker is not reached${lastError === undefined ? "" : `: ${lastError}`}`;
  return {
    name,
    status: "warn",
    ...value,
    reason,
    advice: "Selling goes on and every record is kept. Check the line; records are sent by themselves when it is back.",
  };
}

function clockNode(synced: boolean): HealthNode {
  const name = "clock";
  if (synced) return { name, status: "pass" };
  return {
    name,
    status: "warn",
    reason: "the clock is not known to be synchronised",
    advice: "Check that systemd-timesyncd runs and reaches a time server; records are re-dated afterwards.",
  };
}
