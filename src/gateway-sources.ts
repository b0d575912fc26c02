import type { HealthNode } from "./domain/health.ts";
import type { RelayDriver } from "./drivers/iso8583/index.ts";
import type { Seq } from "./domain/record.ts";
import { type HealthFacts, healthTree, withSince } from "./health/tree.ts";
import type { MetricReading } from "./http/metrics-catalogue.ts";
import type { Sources, StoredRecord } from "./http/sources.ts";
import type { Ledger } from "./queue/ledger.ts";
import { LedgerError } from "./queue/ledger-error.ts";
import type { SpaceFigures } from "./queue/space.ts";
import type { Recorder } from "./recorder.ts";
import { type Clock, rfc3339 } from "./runtime/clock.ts";
import type { Uplink } from "./uplink/uplink.ts";

export interface GatewayParts {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly uplink: Uplink;
  readonly drivers: readonly RelayDriver[];
  readonly clock: Clock;
}

/** A store thread that takes longer is as good as dead. ms. */
const PULSE_WITHIN_MS = 5_000;

/** What the local endpoint shows, read from the parts at the moment of asking. */
export function gatewaySources(parts: GatewayParts): Sources {
  const { ledger, drivers, clock } = parts;
  let before: HealthNode | undefined;
  return {
    pulses: [{ name: "store", beat: async () => ledger.alive(PULSE_WITHIN_MS) }],
    notReadyBecause: () => notReady(parts),
    health: () => {
      before = withSince(healthTree(facts(parts)), before, rfc3339(clock.now()));
      return before;
    },
    terminals: () => drivers.flatMap((driver) => driver.terminals()),
    ledger: {
      head: async () => ledger.durable,
      first: () => ledger.first,
      page: async (from, limit) => heldPage(ledger, from, limit),
    },
    metrics: () => readings(parts),
  };
}

/** Retention may pass a reader who goes back through the ledger. */
async function heldPage(ledger: Ledger, from: Seq, limit: number): Promise<readonly StoredRecord[]> {
  try {
    return await ledger.page(from, limit);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "record.freed") return [];
    throw error;
  }
}

function notReady({ ledger, drivers }: GatewayParts): readonly string[] {
  const reasons: string[] = [];
  if (ledger.lost.aborted) reasons.push("the store has stopped: nothing can be recorded; restart tillgate");
  const refusal = ledger.refusesMoneyBecause;
  if (refusal !== undefined) reasons.push(refusal.message);
  if (!drivers.some(({ isListening }) => isListening)) {
    reasons.push("no acquirer can be reached: terminals are refused before they send; check the shop's internet line");
  }
  return reasons;
}

function facts({ ledger, recorder, uplink, drivers, clock }: GatewayParts): HealthFacts {
  const { commits, p99Ms } = ledger.counters();
  const { failure } = recorder;
  const { reopening } = ledger;
  const { noWalBecause } = ledger.openedAs;
  const { connected, hqOnline, unconfirmed, lastError } = uplink.state();
  return {
    ledger: {
      answers: !ledger.lost.aborted,
      held: recorder.held,
      notRecorded: recorder.notRecorded,
      ...(failure === undefined ? {} : { failure }),
      ...(commits === 0 ? {} : { commitP99Ms: Math.round(p99Ms * 10) / 10 }),
    },
    ledgerFile: {
      integrity: ledger.integrity,
      quarantined: ledger.quarantined(),
      ...(noWalBecause === undefined ? {} : { noWalBecause }),
      ...(reopening.aborted ? { reopening: reasonOf(reopening) } : {}),
    },
    storage: ledger.space,
    uplink: { connected, hqOnline, unconfirmed, ...(lastError === undefined ? {} : { lastError: lastError.reason }) },
    acquirers: drivers.map(({ acquirer, isListening }) => ({ acquirer, listening: isListening })),
    clockSynced: clock.stamp().synced,
  };
}

function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function readings({ ledger, recorder, uplink, drivers, clock }: GatewayParts): readonly MetricReading[] {
  const { connected, unconfirmed } = uplink.state();
  const all: MetricReading[] = [
    { name: "tillgate_uplink_connected", value: connected ? 1 : 0 },
    { name: "tillgate_uplink_unconfirmed_records", value: unconfirmed },
    { name: "tillgate_ledger_head_seq", value: ledger.durable },
    { name: "tillgate_ledger_appends_total", value: ledger.counters().appended },
    { name: "tillgate_records_held", value: recorder.held },
    { name: "tillgate_records_not_recorded_total", value: recorder.notRecorded },
    { name: "tillgate_clock_synchronised", value: clock.stamp().synced ? 1 : 0 },
    ...spaceReadings(ledger.space),
  ];
  for (const [event, value] of Object.entries(uplink.counters())) {
    all.push({ name: "tillgate_uplink_events_total", value, labels: { event } });
  }
  for (const driver of drivers) {
    for (const [event, value] of Object.entries(driver.counters())) {
      all.push({ name: "tillgate_driver_events_total", value, labels: { driver: driver.name, event } });
    }
  }
  return all;
}

function spaceReadings({ files, free, used, quota, writtenPerDay }: SpaceFigures): readonly MetricReading[] {
  return [
    { name: "tillgate_store_bytes", value: files },
    { name: "tillgate_store_free_bytes", value: free },
    { name: "tillgate_store_quota_ratio", value: used / quota },
    ...(writtenPerDay === undefined
      ? []
      : [{ name: "tillgate_store_written_bytes_per_day" as const, value: writtenPerDay }]),
  ];
}
