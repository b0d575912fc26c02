import { rfc3339 } from "../../runtime/clock.ts";
import type { ClaimRefusal } from "../claim.ts";
import { decisivePause } from "../pause.ts";
import type { SupervisionPolicy } from "./policy.ts";
import type { Supervision } from "./state.ts";

/** Why this terminal cannot be had now; `undefined` when it can. @param purpose  To ask it, a pause does not matter. */
export function refusalOf(
  state: Supervision,
  purpose: "order" | "ask",
  policy: SupervisionPolicy,
): Omit<ClaimRefusal, "terminal"> | undefined {
  if (state.replacedBy !== undefined) return { refused: "disabled", because: "replaced" };
  if (state.stranger !== undefined) return { refused: "disabled", because: "wrongTerminal" };
  const pause = purpose === "order" ? decisivePause(state.pauses) : undefined;
  if (pause !== undefined) {
    return {
      refused: "paused",
      because: pause.reason,
      ...(pause.until === undefined ? {} : { until: rfc3339(pause.until) }),
    };
  }
  if (state.claim !== undefined) return { refused: "busy", because: state.claim === "order" ? "payment" : "asked" };
  if (state.link !== "open" || state.mustClose || state.misses >= policy.unknownAfter) {
    return { refused: "offline", because: state.fault ?? "connecting" };
  }
  if (state.doing === "recover") return { refused: "busy", because: "recovery" };
  if (purpose === "ask") return undefined;
  const { condition } = state;
  if (condition?.state === "wait") return { refused: "busy", because: condition.reason ?? "terminalBusy" };
  if (condition?.state === "fault") return { refused: "offline", because: condition.reason ?? "fault" };
  return undefined;
}
