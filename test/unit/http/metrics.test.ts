import { describe, expect, it } from "vitest";
import { wholeOf } from "../../../src/domain/health.ts";
import { seq } from "../../../src/domain/record.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { ownReadings, renderMetrics } from "../../../src/http/metrics.ts";
import { type MetricReading, METRICS } from "../../../src/http/metrics-catalogue.ts";
import type { Sources } from "../../../src/http/sources.ts";
import { aLinkMessage } from "../../support/links.ts";

const sources: Sources = {
  pulses: [],
  notReadyBecause: () => [],
  health: () => wholeOf("gateway", [{ weight: "degrading", node: { name: "uplink", status: "fail" } }]),
  operators: () => [],
  terminals: () => [
    {
      terminal: terminalId("till-1"),
      listed: true,
      connections: 2,
      unresolved: 1,
      lastSeenAt: "2026-01-31T10:00:00.000Z",
    },
    { terminal: terminalId("till-2"), listed: false, connections: 0, unresolved: 0 },
  ],
  ledger: { first: () => seq(1), head: async () => Promise.resolve(seq(0)), page: async () => Promise.resolve([]) },
  exposure: () => ({ unknownBecause: "not asked" }),
  link: () => aLinkMessage(),
  bootTimes: () => undefined,
  diagnosis: () => undefined,
  metrics: () => [],
};

interface Series {
  readonly metric: string;
  readonly help: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly value: number;
}

/** The rules of `promtool check metrics` (prometheus/client_golang, promlint) that a name, help or label can break. */
const RULES: Readonly<Record<string, (series: Series) => boolean>> = {
  help: ({ help }) => help !== "",
  type: ({ type }) => type === "counter" || type === "gauge",
  "snake case": ({ metric, labels }) => [metric, ...labels].every((name) => /^[a-z_][a-z0-9_]*$/.test(name)),
  "_total on counters only": ({ metric, type }) => (type === "counter") === metric.endsWith("_total"),
  "reserved ending": ({ metric }) => !/_(count|sum|bucket)$/.test(metric),
  "type in name": ({ metric }) => !/_(gauge|counter|summary|histogram)(_|$)/.test(metric),
  "base units": ({ metric }) =>
    !/_(ms|milliseconds|minutes|hours|days|kilobytes|megabytes|kib|mib|percent)(_|$)/.test(metric),
  value: ({ value }) => Number.isFinite(value),
};

function parse(text: string): readonly Series[] {
  const about = (keyword: string, metric: string): string =>
    new RegExp(`^# ${keyword} ${metric} (.*)$`, "m").exec(text)?.[1] ?? "";
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [, metric = "", labels = "", value = ""] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    return {
      metric,
      help: about("HELP", metric),
      type: about("TYPE", metric),
      labels: Array.from(labels.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\.)*"/g), ([, label = ""]) => label),
      value: Number(value),
    };
  });
}

function broken(text: string): readonly string[] {
  return parse(text).flatMap((series) =>
    Object.entries(RULES).flatMap(([rule, holds]) => (holds(series) ? [] : [`${series.metric}: ${rule}`])),
  );
}

function isReading(reading: { readonly name: string }): reading is MetricReading {
  return Object.keys(METRICS).includes(reading.name);
}

describe("metrics", () => {
  it("passes promtool's rules, for every metric of the catalogue", async () => {
    const readings: readonly { readonly name: string }[] = Object.entries(METRICS).map(([name, { labels }]) => {
      const values = Object.fromEntries(labels.map((label) => [label, 'a "quoted" value\n']));
      return { name, value: 1, labels: values };
    });
    const text = await renderMetrics(readings.filter(isReading));
    expect(broken(text)).toEqual([]);
    for (const name of Object.keys(METRICS)) expect(text).toMatch(new RegExp(`^${name}(\\{| )`, "m"));
    expect(Object.keys(METRICS).every((name) => name.startsWith("tillgate_"))).toBe(true);
  });

  it("would not pass a wrong name: the rules can fail", () => {
    const text = [
      "# TYPE tillgate_Delay_ms counter\ntillgate_Delay_ms 1",
      '# HELP tillgate_x_total x\n# TYPE tillgate_x_total gauge\ntillgate_x_total{someLabel="1"} NaN',
    ].join("\n");
    expect(broken(text)).toEqual([
      "tillgate_Delay_ms: help",
      "tillgate_Delay_ms: snake case",
      "tillgate_Delay_ms: _total on counters only",
      "tillgate_Delay_ms: base units",
      "tillgate_x_total: snake case",
      "tillgate_x_total: _total on counters only",
      "tillgate_x_total: value",
    ]);
  });

  it("shows process, health and terminals", async () => {
    const text = await renderMetrics(ownReadings(sources, "1.2.3"));
    expect(text).toContain('tillgate_build_info{version="1.2.3"} 1\n');
    expect(text).toContain('tillgate_health_status{check="gateway"} 2\n');
    expect(text).toContain('tillgate_health_status{check="uplink"} 3\n');
    expect(text).toContain('tillgate_terminal_connections{terminal="till-1"} 2\n');
    expect(text).toContain('tillgate_terminal_unresolved_transactions{terminal="till-1"} 1\n');
    expect(text).toContain('tillgate_terminal_last_seen_timestamp_seconds{terminal="till-1"} 1769853600\n');
    expect(text).not.toContain('last_seen_timestamp_seconds{terminal="till-2"}');
    expect(Number(/^tillgate_process_resident_memory_bytes (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(1e6);
  });

  it("keeps no figure of a terminal that is gone", async () => {
    await renderMetrics(ownReadings(sources, "1.2.3"));
    const text = await renderMetrics(ownReadings({ ...sources, terminals: () => [] }, "1.2.3"));
    expect(text).not.toContain("till-1");
  });
});
