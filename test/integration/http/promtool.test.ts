import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { renderMetrics } from "../../../src/http/metrics.ts";
import { type MetricReading, METRICS } from "../../../src/http/metrics-catalogue.ts";

function isReading(reading: { readonly name: string }): reading is MetricReading {
  return Object.keys(METRICS).includes(reading.name);
}

function check(text: string): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  return { status, said: stdout + stderr };
}

test("Prometheus' own checker has nothing to say about any metric of the catalogue", async () => {
  const readings: readonly { readonly name: string }[] = Object.entries(METRICS).map(([name, { labels }]) => ({
    name,
    value: 1,
    labels: Object.fromEntries(labels.map((label) => [label, 'a "quoted" value\n'])),
  }));
  const text = await renderMetrics(readings.filter(isReading));
  expect(check(text)).toEqual({ status: 0, said: "" });
  const misnamed = check(text.replaceAll("tillgate_uplink_events_total", "tillgate_uplink_events"));
  expect(misnamed.status).not.toBe(0);
  expect(misnamed.said).toContain("_total");
});
