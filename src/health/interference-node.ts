import { type HealthNode, wholeOf } from "../domain/health.ts";
import { type ChannelView, IS_INTERFERENCE } from "../domain/interference.ts";
import { causeReason } from "./interference/cause-texts.ts";

/** What disturbs the shop's channels; as bad as the worst of them. `observedValue` is the cause's stable word, or `none`. */
export function interferenceNode(channels: readonly ChannelView[]): HealthNode {
  return wholeOf(
    "interference",
    channels.map((channel) => ({ weight: "degrading", node: channelNode(channel) })),
  );
}

function channelNode({ channel, verdict, unread, figures }: ChannelView): HealthNode {
  const name = channel.replaceAll("/", "_");
  if (verdict === undefined) {
    if (unread !== undefined && Object.keys(figures).length === 0)
      return { name, status: "unknown", reason: unread.en };
    if (Object.keys(figures).length === 0)
      return { name, status: "unknown", reason: "It was looked at once only: wait a minute." };
    // What was read shows nothing; what was not is said beside it.
    return { name, status: "pass", observedValue: "none", ...(unread === undefined ? {} : { reason: unread.en }) };
  }
  const { cause, confidence, evidence, advice, next } = verdict;
  const numbers = evidence
    .slice(0, 3)
    .map(({ figure, value, unit, usual }) => {
      const normal = usual === undefined ? "" : ` (usually ${usual})`;
      return `${figure} ${value}${unit === "1" || unit === "count" ? "" : ` ${unit}`}${normal}`;
    })
    .join(", ");
  const certainty = cause === "notEnoughEvidence" ? "" : ` Certainty ${Math.round(confidence * 100)} %.`;
  return {
    name,
    status: cause === "notEnoughEvidence" ? "unknown" : "warn",
    observedValue: cause,
    reason: `${IS_INTERFERENCE[cause] ? "Interference: " : ""}${causeReason(cause).en}${certainty}${numbers === "" ? "" : ` ${numbers}`}`,
    advice: next?.en ?? advice.en,
  };
}
