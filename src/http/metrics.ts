import { performance } from "node:perf_hooks";
import type { Counter, Gauge } from "prom-client";
import { HEALTH_STATUSES, healthLines } from "../domain/health.ts";
import { type MetricName, type MetricReading, METRICS } from "./metrics-catalogue.ts";
import type { Sources } from "./sources.ts";

/** Prometheus text format 0.0.4. */
export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * A registry for each scrape: the figures live with the parts that count them, and a terminal that is gone
 * leaves no stale series.
 */
export async function renderMetrics(readings: readonly MetricReading[]): Promise<string> {
  // Not at the start: a shop that nobody scrapes need not carry it.
  const prometheus = await import("prom-client");
  const registry = new prometheus.Registry();
  const gauges = new Map<MetricName, Gauge | Counter>();
  for (const { name, value, labels = {} } of readings) {
    let metric = gauges.get(name);
    if (metric === undefined) {
      const { type, help, labels: labelNames } = METRICS[name];
      const Kind = type === "counter" ? prometheus.Counter : prometheus.Gauge;
      metric = new Kind<string>({ name, help, labelNames, registers: [registry] });
      gauges.set(name, metric);
    }
    metric.inc(labels, value);
  }
  return registry.metrics();
}

/** What the endpoint reads off the other sources and the process itself. */
export function ownReadings(sources: Sources, version: string): readonly MetricReading[] {
  const { user, system } = process.cpuUsage();
  const readings: MetricReading[] = [
    { name: "tillgate_build_info", value: 1, labels: { version } },
    { name: "tillgate_process_start_time_seconds", value: performance.timeOrigin / 1e3 },
    { name: "tillgate_process_resident_memory_bytes", value: process.memoryUsage.rss() },
    { name: "tillgate_process_cpu_seconds_total", value: (user + system) / 1e6 },
    { name: "tillgate_event_loop_busy_seconds_total", value: performance.eventLoopUtilization().active / 1e3 },
  ];
  for (const { path, node } of healthLines(sources.health())) {
    readings.push({
      name: "tillgate_health_status",
      value: HEALTH_STATUSES.indexOf(node.status),
      labels: { check: path === "" ? node.name : path },
    });
  }
  for (const { terminal, connections, unresolved, lastSeenAt } of sources.terminals()) {
    const labels = { terminal };
    readings.push(
      { name: "tillgate_terminal_connections", value: connections, labels },
      { name: "tillgate_terminal_unresolved_transactions", value: unresolved, labels },
    );
    if (lastSeenAt !== undefined) {
      const seconds = Date.parse(lastSeenAt) / 1e3;
      readings.push({ name: "tillgate_terminal_last_seen_timestamp_seconds", value: seconds, labels });
    }
  }
  return readings;
}
