import type { GatewayParts } from "./gateway-parts.ts";
import type { MetricReading } from "./http/metrics-catalogue.ts";
import type { SpaceFigures } from "./queue/space.ts";

/** The parts' figures at this moment, for /metrics. */
export function readings({
  ledger,
  recorder,
  uplink,
  drivers,
  terminals,
  backups,
  certificates,
  clock,
}: GatewayParts): readonly MetricReading[] {
  const { connected, answers, unconfirmed, identityShared, echoMs, drain } = uplink.state();
  const all: MetricReading[] = [
    { name: "tillgate_uplink_connected", value: connected && answers ? 1 : 0 },
    { name: "tillgate_uplink_identity_shared", value: identityShared ? 1 : 0 },
    { name: "tillgate_uplink_unconfirmed_records", value: unconfirmed },
    { name: "tillgate_uplink_drain_records_per_second", value: drain.perS },
    { name: "tillgate_parked_records", value: uplink.parked().length },
    { name: "tillgate_ledger_head_seq", value: ledger.durable },
    { name: "tillgate_ledger_appends_total", value: ledger.counters().appended },
    { name: "tillgate_records_held", value: recorder.held },
    { name: "tillgate_records_not_recorded_total", value: recorder.notRecorded },
    { name: "tillgate_clock_synchronised", value: clock.stamp().synced ? 1 : 0 },
    ...spaceReadings(ledger.space),
  ];
  for (const { use, facts } of clock.stamp().synced ? certificates.sights() : []) {
    if (facts === undefined) continue;
    const seconds = Math.round((facts.validTo - clock.now()) / 1e3);
    all.push({ name: "tillgate_certificate_left_seconds", value: seconds, labels: { use } });
  }
  const backupAgeH = backups?.facts().ageH;
  if (backupAgeH !== undefined)
    all.push({ name: "tillgate_backup_age_seconds", value: Math.round(backupAgeH * 3_600) });
  if (drain.drainedInS !== undefined) all.push({ name: "tillgate_uplink_drain_eta_seconds", value: drain.drainedInS });
  if (echoMs !== undefined) all.push({ name: "tillgate_uplink_echo_seconds", value: echoMs / 1e3 });
  all.push(...routeReadings("uplink", uplink.state()));
  for (const [event, value] of Object.entries(uplink.counters())) {
    all.push({ name: "tillgate_uplink_events_total", value, labels: { event } });
  }
  for (const driver of drivers) {
    all.push(...routeReadings(`acquirer:${driver.acquirer}`, driver.line()));
    for (const [event, value] of Object.entries(driver.counters())) {
      all.push({ name: "tillgate_driver_events_total", value, labels: { driver: driver.name, event } });
    }
  }
  for (const [terminal, counters] of terminals.counters()) {
    for (const [event, value] of Object.entries(counters)) {
      all.push({ name: "tillgate_driver_events_total", value, labels: { driver: `terminal:${terminal}`, event } });
    }
  }
  for (const { terminal, state = "unknown" } of terminals.views()) {
    all.push({ name: "tillgate_terminal_state", value: 1, labels: { terminal, state } });
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

interface RoutesInUse {
  readonly route: string;
  readonly routes: readonly string[];
  readonly routeMoves: number;
}

function routeReadings(user: string, { route, routes, routeMoves }: RoutesInUse): readonly MetricReading[] {
  return [
    ...routes.map((name): MetricReading => ({
      name: "tillgate_route_in_use",
      value: name === route ? 1 : 0,
      labels: { for: user, route: name },
    })),
    { name: "tillgate_route_changes_total", value: routeMoves, labels: { for: user } },
  ];
}
