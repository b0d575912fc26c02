import { expect, test } from "vitest";
import { linkSchema } from "../../src/contract/link.ts";
import type { ChannelView } from "../../src/domain/interference.ts";
import type { LinkView, StageView } from "../../src/domain/link-view.ts";
import { faultText } from "../../src/health/link/fault-texts.ts";
import { renderMetrics } from "../../src/http/metrics.ts";
import { linkLines } from "../../src/cli/link-lines.ts";
import { linkMessage, linkReadings, linkState } from "../../src/link-report.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { aLinkMessage, PROVIDER_GONE } from "../support/links.ts";

function print(view: LinkView): string {
  return linkState(
    () => view,
    () => [],
    () => [],
    systemClock(),
  ).fingerprint();
}

function withProvider(change: Partial<StageView>): LinkView {
  const stages = PROVIDER_GONE.stages.map((stage) => (stage.stage === "provider" ? { ...stage, ...change } : stage));
  return { ...PROVIDER_GONE, stages };
}

function statusOf(view: LinkView): string {
  return linkMessage(view, [], [], systemClock()).verdict.status;
}

function changed(of: LinkView["stages"], name: StageView["stage"], now: Partial<StageView>): LinkView["stages"] {
  return of.map((one) => (one.stage === name ? { ...one, ...now } : one));
}

test("headquarters finds the verdict in both languages and every stage with its figures", () => {
  const state = linkState(
    () => PROVIDER_GONE,
    () => [],
    () => [],
    systemClock(),
  );
  const said = linkSchema.parse(JSON.parse(state.current() ?? ""));
  expect(state.topic).toBe("link");
  expect(said.verdict).toEqual({
    status: "warn",
    ...PROVIDER_GONE.verdict,
    since: "2026-01-31T10:00:00.000Z",
  });
  expect(said.stages.map(({ stage, state: is, p50Ms }) => [stage, is, p50Ms])).toEqual([
    ["router", "up", 2.4],
    ["provider", "down", undefined],
    ["acquirer", "idle", undefined],
    ["acquirer", "unknown", undefined],
  ]);
});

test("says of each stage why it is not well and what to do, in both languages, and until when that holds", () => {
  const said = linkSchema.parse(linkMessage(PROVIDER_GONE, [], [], systemClock()));
  const [router, provider, idle, unknown] = said.stages;
  expect([router, provider, idle, unknown].map((stage) => stage?.status)).toEqual(["pass", "fail", "pass", "unknown"]);
  expect(router).not.toHaveProperty("reason");
  expect(provider).toMatchObject(faultText("provider.unreachable"));
  expect(unknown?.reason?.zh).toBe("未知：尚未检查，或被前面的一段遮挡。");
  expect(Date.parse(said.expiresAt) - Date.parse(said.asOf)).toBe(180_000);
});

test("all is well only when something was seen", () => {
  const { stages, verdict } = PROVIDER_GONE;
  const well = { since: verdict.since, reason: verdict.reason, advice: verdict.advice };
  const [router] = stages;
  if (router === undefined) throw new Error("there is a router");
  expect(statusOf({ verdict: well, stages: [router] })).toBe("pass");
  expect(statusOf({ verdict: well, stages: [{ ...router, state: "unknown" }] })).toBe("unknown");
});

test("neither the falls of a stage that comes and goes are news, nor the verdict on it, nor what they hide", () => {
  const { verdict, stages } = PROVIDER_GONE;
  const well = { since: verdict.since, reason: verdict.reason, advice: verdict.advice };
  const down = changed(stages, "provider", { flapping: true });
  const up = changed(changed(down, "provider", { state: "up" }), "acquirer", { state: "up" });
  expect(print({ verdict, stages: down })).toBe(print({ verdict: well, stages: up }));
  expect(print({ verdict, stages: changed(down, "router", { state: "down" }) })).not.toBe(
    print({ verdict, stages: down }),
  );
});

test("a change of a stage or of the verdict is news, of figures not; what flaps waits for the next minute", () => {
  const before = print(PROVIDER_GONE);
  expect(print(withProvider({ looks: 10, loss: 1 }))).toBe(before);
  expect(print(withProvider({ state: "up" }))).not.toBe(before);
  expect(print({ ...PROVIDER_GONE, verdict: { ...PROVIDER_GONE.verdict, fault: "dns.timeout" } })).not.toBe(before);
  const flapping = print(withProvider({ flapping: true }));
  expect(flapping).not.toBe(before);
  expect(print(withProvider({ flapping: true, state: "up" }))).toBe(flapping);
});

const RADIO: ChannelView = {
  channel: "wifi:wlan0",
  kind: "wifi",
  at: PROVIDER_GONE.verdict.since,
  figures: { retryRatio: 0.31 },
  risen: true,
};

const OWN_LOAD: ChannelView = {
  ...RADIO,
  verdict: {
    cause: "ownLoad",
    confidence: 0.85,
    since: PROVIDER_GONE.verdict.since,
    evidence: [{ figure: "retryRatio", value: 0.31, unit: "1", usual: 0.05, limit: 0.15 }],
    advice: { en: "Stop downloads.", zh: "停止下载。" },
  },
};

function stateOf(channel: ChannelView): ReturnType<typeof linkState> {
  return linkState(
    () => PROVIDER_GONE,
    () => [channel],
    () => [],
    systemClock(),
  );
}

test("headquarters finds what disturbs each channel, with the numbers, and whether that is interference; a new cause is news", () => {
  const { channels } = linkSchema.parse(JSON.parse(stateOf(OWN_LOAD).current() ?? ""));
  expect(channels).toEqual([
    {
      ...RADIO,
      at: "2026-01-31T10:00:00.000Z",
      verdict: { ...OWN_LOAD.verdict, isInterference: false, since: "2026-01-31T10:00:00.000Z" },
    },
  ]);
  expect(stateOf(OWN_LOAD).fingerprint()).not.toBe(stateOf(RADIO).fingerprint());
  expect(stateOf({ ...RADIO, figures: {} }).fingerprint()).toBe(stateOf(RADIO).fingerprint());
});

test("status says in the language asked for what disturbs a channel, also where the line itself is well", () => {
  const { channels } = linkMessage(PROVIDER_GONE, [OWN_LOAD, RADIO], [], systemClock());
  const message = linkSchema.parse({ ...aLinkMessage(), channels });
  const lines = linkLines(message, "en");
  expect(lines.filter((line) => line.startsWith("CHANNEL"))).toHaveLength(1);
  expect(lines.join("\n")).toContain("wifi:wlan0: ownLoad (no interference, certainty 85 %, since ");
  expect(lines).toContain("          -> Stop downloads.");
  const chinese = linkLines(message, "zh-CN");
  expect(chinese.join("\n")).toContain("信道      wifi:wlan0: ownLoad (非干扰, 把握 85 %, 开始于 ");
  expect(chinese).toContain("          -> 停止下载。");
});

test("the metrics tell fault, state, round trip and loss; what is not known is absent, not 0", async () => {
  const text = await renderMetrics(linkReadings(PROVIDER_GONE));
  expect(text).toContain('tillgate_link_fault{fault="provider.unreachable",subject=""} 1\n');
  expect(text).toContain('tillgate_link_stage_state{stage="provider",subject="",route="",state="down"} 1\n');
  expect(text).toContain('tillgate_link_round_trip_seconds{stage="router",subject="192.168.1.1",route=""} 0.0024\n');
  expect(text).toContain('tillgate_link_loss_ratio{stage="router",subject="192.168.1.1",route=""} 0\n');
  expect(text).not.toContain('tillgate_link_loss_ratio{stage="provider"');
});
