import type { StageObservation } from "../../../domain/stage.ts";
import type { TerminalState, TerminalView } from "../../../domain/terminal.ts";
import type { StageProbe } from "../stage-probe.ts";

const EVERY_MS = 2_000;

/** What a driven terminal's state says of the way to it. Not listed: nothing. */
const REACHED: Partial<Readonly<Record<TerminalState, boolean>>> = {
  ready: true,
  idle: true,
  busy: true,
  degraded: true,
  offline: false,
};

/**
 * The terminals' side of this machine. A relayed terminal speaks only when it sells: its silence is idleness, never a
 * fault.
 */
export function terminalProbe(terminals: () => readonly TerminalView[]): StageProbe {
  return {
    stage: "terminals",
    name: "terminals",
    everyMs: EVERY_MS,
    look: async () => terminals().flatMap((view) => observed(view) ?? []),
  };
}

function observed({ terminal, family, state, connections }: TerminalView): StageObservation | undefined {
  const seen = { stage: "terminals", subject: terminal, via: "traffic" } as const;
  if (family === undefined || family === "relay") {
    return connections > 0 ? { ...seen, ok: true } : { ...seen, ok: true, isIdle: true };
  }
  const isReached = state === undefined ? undefined : REACHED[state];
  if (isReached === undefined) return undefined;
  return isReached ? { ...seen, ok: true } : { ...seen, ok: false, fault: "terminals.oneUnreachable" };
}
