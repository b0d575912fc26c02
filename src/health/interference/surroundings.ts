import {
  CONFIDENT_AT,
  type ChannelKind,
  type ChannelReport,
  type InterferenceVerdict,
  IS_INTERFERENCE,
} from "../../domain/interference.ts";
import { causeAdvice } from "./cause-texts.ts";

export interface SeenChannel {
  readonly report: ChannelReport;
  /** When its errors or noise were last well above what is usual. ms, monotonic. */
  readonly risenAt: number | undefined;
}

const SAME_MINUTE_MS = 60_000;
/** So long a common rise speaks for the verdicts of both. ms. */
const HOLDS_MS = 300_000;
const CONFIDENCE = { two: 0.7, more: 0.85 } as const;

/**
 * What rose in the same minute on two kinds of lines comes from their surroundings; what rose on one is that cable's or
 * terminal's. A channel whose trouble has a harmless cause of its own proves nothing. Undefined: nothing in common.
 */
export function surroundings(
  channel: SeenChannel,
  all: readonly SeenChannel[],
  now: number,
): InterferenceVerdict | undefined {
  const { risenAt } = channel;
  if (risenAt === undefined || channel.report.verdict === undefined) return undefined;
  if (now - risenAt > HOLDS_MS || !mayBeDisturbed(channel.report)) return undefined;
  const together = all.filter(
    ({ report, risenAt: its }) =>
      mayBeDisturbed(report) && its !== undefined && Math.abs(its - risenAt) <= SAME_MINUTE_MS,
  );
  const kinds = kindsOf(together);
  if (kinds.size < 2) return undefined;
  return {
    cause: "environment",
    confidence: kinds.size === 2 ? CONFIDENCE.two : CONFIDENCE.more,
    evidence: [
      ...channel.report.verdict.evidence,
      { figure: "kindsOfLinesRisenTogether", value: kinds.size, unit: "count", limit: 2 },
    ],
    advice: causeAdvice("environment"),
  };
}

/** A terminal on a USB adapter has two channels and one cable: it counts once. */
function kindsOf(channels: readonly SeenChannel[]): ReadonlySet<ChannelKind> {
  const byLine = new Map<string, ChannelKind>();
  for (const { report } of channels) {
    const line = report.terminal ?? report.channel;
    if (byLine.get(line) !== "serial") byLine.set(line, report.kind);
  }
  return new Set(byLine.values());
}

function mayBeDisturbed({ verdict }: ChannelReport): boolean {
  if (verdict === undefined || verdict.cause === "notEnoughEvidence") return true;
  return IS_INTERFERENCE[verdict.cause] || verdict.confidence < CONFIDENT_AT;
}
