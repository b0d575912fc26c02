import type { z } from "zod";
import type { linkSchema } from "./contract/link.ts";
import { type ChannelView, IS_INTERFERENCE } from "./domain/interference.ts";
import type { LinkView, StageView } from "./domain/link-view.ts";
import type { MetricReading } from "./http/metrics-catalogue.ts";
import { type Clock, rfc3339 } from "./runtime/clock.ts";
import type { RetainedState } from "./uplink/retained-state.ts";

export type LinkMessage = z.input<typeof linkSchema>;

/** contracts.md, MQTT: a change at once, and every 60 s. ms. */
const REPEAT_EVERY_MS = 60_000;

/** For the API and the topic. */
export function linkMessage(
  { verdict, stages }: LinkView,
  channels: readonly ChannelView[],
  clock: Clock,
): LinkMessage {
  return {
    asOf: rfc3339(clock.now()),
    verdict: { ...verdict, since: rfc3339(verdict.since) },
    stages: stages.map((stage) => ({ ...stage, since: rfc3339(stage.since) })),
    channels: channels.map(channelMessage),
  };
}

function channelMessage({ verdict, at, ...channel }: ChannelView): LinkMessage["channels"][number] {
  if (verdict === undefined) return { ...channel, at: rfc3339(at) };
  const { since, evidence, cause } = verdict;
  const told = { ...verdict, isInterference: IS_INTERFERENCE[cause], since: rfc3339(since), evidence: [...evidence] };
  return { ...channel, at: rfc3339(at), verdict: told };
}

/** The way out of the shop as headquarters finds it retained. */
export function linkState(view: () => LinkView, channels: () => readonly ChannelView[], clock: Clock): RetainedState {
  return {
    topic: "link",
    repeatEveryMs: REPEAT_EVERY_MS,
    current: () => JSON.stringify(linkMessage(view(), channels(), clock)),
    fingerprint: () => {
      const { verdict, stages } = view();
      return [
        `${verdict.fault ?? "none"} ${verdict.subject ?? ""}`,
        ...stages.map(changeOf),
        ...channels().map(causeOf),
      ].join("\n");
    },
  };
}

function causeOf({ channel, verdict }: ChannelView): string {
  return `${channel} ${verdict?.cause ?? "none"}`;
}

/** What comes and goes all the time is said with the next minute. */
function changeOf({ stage, subject = "", route = "", state, fault, flapping }: StageView): string {
  return `${stage} ${subject} ${route} ${flapping === true ? "flapping" : `${state} ${fault ?? ""}`}`;
}

export function linkReadings({ verdict, stages }: LinkView): readonly MetricReading[] {
  const all: MetricReading[] = [];
  if (verdict.fault !== undefined)
    all.push({
      name: "tillgate_link_fault",
      value: 1,
      labels: { fault: verdict.fault, subject: verdict.subject ?? "" },
    });
  for (const { stage, subject = "", route = "", state, p50Ms, loss } of stages) {
    const labels = { stage, subject, route };
    all.push({ name: "tillgate_link_stage_state", value: 1, labels: { ...labels, state } });
    if (p50Ms !== undefined) all.push({ name: "tillgate_link_round_trip_seconds", value: p50Ms / 1_000, labels });
    if (loss !== undefined) all.push({ name: "tillgate_link_loss_ratio", value: loss, labels });
  }
  return all;
}
