import { instant } from "../../src/domain/clock.ts";
import type { Impact } from "../../src/domain/impact.ts";
import type { LinkView } from "../../src/domain/link-view.ts";
import { terminalId } from "../../src/domain/terminal.ts";
import { type LinkMessage, linkMessage } from "../../src/link-report.ts";
import { systemClock } from "../../src/runtime/clock.ts";

const SINCE = instant(Date.UTC(2026, 0, 31, 10));

/** A shop whose router is well and whose provider is gone. */
export const PROVIDER_GONE: LinkView = {
  verdict: {
    stage: "provider",
    fault: "provider.unreachable",
    since: SINCE,
    reason: { en: "The internet does not answer.", zh: "互联网没有应答。" },
    advice: { en: "Call the provider.", zh: "请联系运营商。" },
  },
  stages: [
    {
      stage: "router",
      subject: "192.168.1.1",
      state: "up",
      since: SINCE,
      downsLastHour: 0,
      p50Ms: 2.4,
      loss: 0,
      looks: 30,
    },
    { stage: "provider", state: "down", since: SINCE, fault: "provider.unreachable", downsLastHour: 1, looks: 9 },
    { stage: "acquirer", subject: "a", state: "idle", since: SINCE, downsLastHour: 0, looks: 0 },
    { stage: "acquirer", subject: "b", state: "unknown", since: SINCE, downsLastHour: 0, looks: 0 },
  ],
};

export function aLinkMessage(view: LinkView = NOTHING_LOOKED_AT, impacts: readonly Impact[] = []): LinkMessage {
  return linkMessage(view, [], impacts, systemClock());
}

const NOTHING_LOOKED_AT: LinkView = {
  verdict: {
    since: SINCE,
    reason: { en: "Not known yet.", zh: "尚不清楚。" },
    advice: { en: "Wait.", zh: "请稍候。" },
  },
  stages: [],
};

export const AN_IMPACT: Impact = {
  disturbance: { of: "link", stage: "provider", fault: "provider.lossy" },
  from: SINCE,
  terminals: [terminalId("till-1")],
  payments: 21,
  unanswered: 9,
  slow: 0,
  usualShare: 0.01,
  usualOf: 200,
  text: { en: "en", zh: "zh" },
};
