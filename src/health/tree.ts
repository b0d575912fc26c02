import { anyOf, type HealthNode, type HealthPart, healthLines, wholeOf } from "../domain/health.ts";
import { type BackupFacts, backupNode } from "./backup-node.ts";
import type { CertificateVerdict } from "./certificates/judge-certificate.ts";
import { certificatesNode } from "./certificates-node.ts";
import { deliveryWords, type DrainFacts, parkedNode } from "./delivery-node.ts";
import { type ExposureFacts, exposureNode } from "./exposure-node.ts";
import type { ChannelView } from "../domain/interference.ts";
import type { LinkView } from "../domain/link-view.ts";
import { interferenceNode } from "./interference-node.ts";
import type { MachineView } from "./machine/machine-judge.ts";
import { machineNode } from "./machine-node.ts";
import { linkNode } from "./link-node.ts";
import type { Outlook } from "./outlook/outlook-at.ts";
import { outlookNode } from "./outlook-node.ts";
import { type LedgerFileFacts, ledgerFileNode } from "./ledger-file-node.ts";
import { type StorageFacts, storageNode } from "./storage-node.ts";
import { readersNode, type TerminalFacts, terminalsNode } from "./terminals-node.ts";

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
    /** Another gateway uses this one's identity at the broker. */
    readonly identityShared: boolean;
    /** What makes a record count as delivered. */
    readonly confirm: "receipt" | "broker";
    readonly drain: DrainFacts;
    readonly lastError?: string;
    /** While traffic takes another way out of the shop than it should. */
    readonly backup?: BackupRoute;
  };
  /** Records that the broker cannot be given. */
  readonly parked: number;
  /** Whom relayed terminals reach; none where there are no such terminals. */
  readonly acquirers: readonly AcquirerFacts[];
  /** Payment terminals that tillgate drives. */
  readonly terminals: readonly TerminalFacts[];
  /** Card readers and the like: without them sales go on. */
  readonly readers: readonly TerminalFacts[];
  readonly clockSynced: boolean;
  /** False when the wall clock shows a time that has certainly passed. */
  readonly clockIsPlausible: boolean;
  readonly exposure: ExposureFacts;
  readonly link: LinkView;
  /** Radios and cables that say something of noise; none where there are no such, or nothing is to be read. */
  readonly channels: readonly ChannelView[];
  /** What this machine tells of itself, by node. */
  readonly machine: MachineView;
  /** While the machine's last start was one that nobody asked for. */
  readonly start?: HealthNode;
  /** Of everyone who is spoken to over TLS; none where nobody is. */
  readonly certificates: readonly CertificateVerdict[];
  /** What is to be expected. Absent until the ledger has been read. */
  readonly outlook?: Outlook;
  /** Absent where no backups are to be made. */
  readonly backup?: BackupFacts;
}

export interface BackupRoute {
  readonly inUse: string;
  readonly preferred: string;
}

export interface AcquirerFacts {
  readonly acquirer: string;
  readonly listening: boolean;
  /** While traffic takes another way out of the shop than it should. */
  readonly backup?: BackupRoute;
  /** To which the newest connection went. */
  readonly endpoint?: string;
  /** Endpoints that cannot be reached, and that take requests and answer none. */
  readonly unreachable: readonly string[];
  readonly silent: readonly string[];
}

/** A commit that takes longer points at a dying card (field-lessons.md, C1). ms. */
const SLOW_COMMIT_MS = 250;

/** The gateway as a tree, without its memory of since when: `withSince` adds that. */
export function healthTree(facts: HealthFacts): HealthNode {
  return wholeOf("tillgate", [
    { weight: "vital", node: ledgerNode(facts.ledger) },
    { weight: "degrading", node: storageNode(facts.storage) },
    ...sellingParts(facts),
    { weight: "degrading", node: ledgerFileNode(facts.ledgerFile) },
    { weight: "degrading", node: uplinkNode(facts.uplink) },
    { weight: "degrading", node: linkNode(facts.link) },
    ...(facts.channels.length === 0 ? [] : [{ weight: "degrading" as const, node: interferenceNode(facts.channels) }]),
    ...(facts.machine.size === 0
      ? []
      : [{ weight: "degrading" as const, node: machineNode(facts.machine, facts.start) }]),
    { weight: "degrading", node: parkedNode(facts.parked) },
    { weight: "degrading", node: exposureNode(facts.exposure) },
    { weight: "degrading", node: clockNode(facts) },
    ...(facts.certificates.length === 0
      ? []
      : [{ weight: "degrading" as const, node: certificatesNode(facts.certificates) }]),
    ...(facts.outlook === undefined ? [] : [{ weight: "degrading" as const, node: outlookNode(facts.outlook) }]),
    ...(facts.backup === undefined ? [] : [{ weight: "degrading" as const, node: backupNode(facts.backup) }]),
  ]);
}

/** Relayed and driven terminals stand in for one another too: while either sells, the other's trouble is no failure. */
function sellingParts({ acquirers, terminals, readers }: HealthFacts): readonly HealthPart[] {
  const ways = [
    ...(acquirers.length === 0 && terminals.length > 0 ? [] : [anyOf("acquirers", acquirers.map(acquirerNode))]),
    ...(terminals.length === 0 ? [] : [terminalsNode(terminals)]),
  ];
  const weight = ways.every(({ status }) => status === "fail") ? "vital" : "degrading";
  return [
    ...ways.map((node) => ({ weight, node }) as const),
    ...(readers.length === 0 ? [] : [{ weight: "degrading" as const, node: readersNode(readers) }]),
  ];
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

function acquirerNode({ acquirer, listening, backup, endpoint, unreachable, silent }: AcquirerFacts): HealthNode {
  const name = acquirer;
  if (!listening) {
    return {
      name,
      status: "fail",
      reason: "no endpoint of the acquirer can be reached; terminals are refused before they send",
      advice: "Check the shop's internet line, then ask the acquirer's hotline whether its host is up.",
    };
  }
  const value = endpoint === undefined ? {} : { observedValue: endpoint };
  if (backup !== undefined) return { name, ...value, ...onBackup(backup) };
  const troubles = [
    ...(silent.length === 0 ? [] : [`${silent.join(", ")} takes requests and answers none`]),
    ...(unreachable.length === 0 ? [] : [`${unreachable.join(", ")} cannot be reached`]),
  ];
  if (troubles.length === 0) return { name, status: "pass", ...value };
  return {
    name,
    status: "warn",
    ...value,
    reason: `${troubles.join("; ")}${endpoint === undefined ? "" : `; ${endpoint} is in use`}`,
    advice:
      "Ask the acquirer's hotline whether its host is up. The other endpoint is used by itself where there is one.",
  };
}

function uplinkNode(facts: HealthFacts["uplink"]): HealthNode {
  const { connected, hqOnline, unconfirmed, identityShared, confirm, lastError, backup } = facts;
  const name = "headquarters";
  const value = { observedValue: unconfirmed, observedUnit: "records" };
  if (identityShared) {
    return {
      name,
      status: "fail",
      ...value,
      reason: "another gateway uses this identity; the two push each other out",
      advice:
        "Find the other one: a copied memory card, or two configs with the same site, gateway or uplink.clientId. Give it names of its own, or switch it off.",
    };
  }
  if (connected && (hqOnline || confirm === "broker")) {
    const said = deliveryWords(facts);
    if (backup !== undefined) return { name, ...value, ...onBackup(backup) };
    return { name, status: "pass", ...value, ...(said === undefined ? {} : { reason: said }) };
  }
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

function onBackup({ inUse, preferred }: BackupRoute): Pick<HealthNode, "status" | "reason" | "advice"> {
  return {
    status: "warn",
    reason: `route ${inUse} is in use instead of ${preferred}`,
    advice: `Check the line ${preferred}. Traffic goes back by itself when it has been good for a while.`,
  };
}

function clockNode({ clockSynced, clockIsPlausible }: HealthFacts): HealthNode {
  const name = "clock";
  if (clockSynced) return { name, status: "pass" };
  if (!clockIsPlausible) {
    return {
      name,
      status: "warn",
      reason: "the clock shows a time that has passed long ago",
      advice:
        "Check that the machine reaches a time server; a battery for its clock helps. Records are re-dated afterwards.",
    };
  }
  return {
    name,
    status: "warn",
    reason: "the clock is not known to be synchronised",
    advice: "Check that systemd-timesyncd or chrony runs and reaches a time server; records are re-dated afterwards.",
  };
}
