import type { z } from "zod";
import type { linkSchema } from "./contract/link.ts";
import { instant } from "./domain/clock.ts";
import { type ChannelView, IS_INTERFERENCE } from "./domain/interference.ts";
import type { Impact } from "./domain/impact.ts";
import type { LinkView } from "./domain/link-view.ts";
import { hides } from "./health/link/link-verdict.ts";
import { stageWords, verdictStatus } from "./health/link/stage-words.ts";
import type { MetricReading } from "./http/metrics-catalogue.ts";
import { type Clock, rfc3339 } from "./runtime/clock.ts";
import type { RetainedState } from "./uplink/retained-state.ts";

export type LinkMessage = z.input<typeof linkSchema>;

/** contracts.md, MQTT: a change at once, and every 60 s. ms. */
const REPEAT_EVERY_MS = 60_000;
/** Two repeats may be lost before the last one says nothing any more. ms. */
const EXPIRES_AFTER_MS = 3 * REPEAT_EVERY_MS;

/** For the API and the topic. */
export function linkMessage(
  view: LinkView,
  channels: readonly ChannelView[],
  impacts: readonly Impact[],
  clock: Clock,
): LinkMessage {
  const { verdict, stages } = view;
  const now = clock.now();
  return {
    asOf: rfc3339(now),
    expiresAt: rfc3339(instant(now + EXPIRES_AFTER_MS)),
    clockSynced: clock.stamp().synced,
    verdict: { status: verdictStatus(view), ...verdict, since: rfc3339(verdict.since) },
    impacts: impacts.map(({ to, ...impact }) => ({
      ...impact,
      from: rfc3339(impact.from),
      ...(to === undefined ? {} : { to: rfc3339(to) }),
    })),
    stages: stages.map((stage) => ({ ...stage, ...stageWords(stage), since: rfc3339(stage.since) })),
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
export function linkState(
  view: () => LinkView,
  channels: () => readonly ChannelView[],
  impacts: () => readonly Impact[],
  clock: Clock,
): RetainedState {
  return {
    topic: "link",
    repeatEveryMs: REPEAT_EVERY_MS,
    current: () => JSON.stringify(linkMessage(view(), channels(), impacts(), clock)),
    fingerprint: () => fingerprintOf(view(), channels()),
  };
}

/**
 * What is published at once. Figures wait for the next minute, and so does what comes and goes too often to be told one by
 * one, with the verdict on it and all that each of its falls hides.
 */
function fingerprintOf({ verdict, stages }: LinkView, channels: readonly ChannelView[]): string {
  const flapping = stages.filter((one) => one.flapping === true);
  const isVerdictDamped = flapping.some(
    ({ stage, subject }) => stage === verdict.stage && (verdict.subject === undefined || verdict.subject === subject),
  );
  const blamed = verdict.fault === undefined || isVerdictDamped ? "none" : [verdict.fault, verdict.subject];
  const told = stages.map((one) => {
    const place = [one.stage, one.subject, one.route];
    if (one.flapping === true) return [...place, "flapping"];
    return flapping.some(({ stage }) => hides(stage, one.stage)) ? place : [...place, one.state, one.fault];
  });
  return JSON.stringify([blamed, told, channels.map(({ channel, verdict: its }) => [channel, its?.cause])]);
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
