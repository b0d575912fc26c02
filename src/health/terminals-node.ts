import { assertNever } from "../domain/assert-never.ts";
import { anyOf, type HealthNode, type HealthStatus, wholeOf } from "../domain/health.ts";
import type { TerminalState, TerminalView } from "../domain/terminal.ts";

/** A terminal that tillgate drives. */
export type TerminalFacts = Pick<TerminalView, "terminal" | "state" | "reason" | "advice" | "connections">;

/** Those that stand in for one another: the whole fails when none of them can be used. */
export function terminalsNode(terminals: readonly TerminalFacts[]): HealthNode {
  return anyOf("terminals", terminals.map(terminalNode));
}

/** None of them stands in for another. */
export function readersNode(readers: readonly TerminalFacts[]): HealthNode {
  return wholeOf(
    "readers",
    readers.map((reader) => ({ weight: "degrading", node: terminalNode(reader) })),
  );
}

/** Whether an order could be given to it now or in a moment. */
export function canSell({ state }: TerminalFacts): boolean {
  return state === "ready" || state === "busy";
}

function terminalNode({ terminal, state = "unknown", reason, advice }: TerminalFacts): HealthNode {
  const status = statusOf(state);
  return {
    name: terminal,
    status,
    observedValue: state,
    ...(status === "pass" ? {} : { reason: reason ?? state }),
    ...(status === "pass" || advice === undefined ? {} : { advice: advice.en }),
  };
}

function statusOf(state: TerminalState): HealthStatus {
  switch (state) {
    case "ready":
    case "busy":
    case "idle":
      return "pass";
    case "connecting":
    case "unknown":
      return "unknown";
    case "degraded":
    case "paused":
      return "warn";
    case "offline":
    case "disabled":
      return "fail";
    default:
      return assertNever(state);
  }
}
