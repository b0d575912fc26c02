import type { TerminalId, TerminalView } from "../../domain/terminal.ts";
import type { ListedTerminal } from "./machine/attribution.ts";
import type { RelayMachine } from "./machine/relay-machine.ts";

export interface Sightings {
  /** One entry for each open connection. */
  readonly connected: readonly TerminalId[];
  /** RFC 3339. */
  readonly lastSeen: ReadonlyMap<TerminalId, string>;
  readonly machine: RelayMachine;
}

/** The terminals of the config and those that came unlisted, as they are right now. */
export function terminalViews(listed: readonly ListedTerminal[], sightings: Sightings): readonly TerminalView[] {
  const { connected, lastSeen, machine } = sightings;
  const known = new Map(listed.map((terminal) => [terminal.id, terminal]));
  const connections = new Map<TerminalId, number>();
  for (const terminal of connected) connections.set(terminal, (connections.get(terminal) ?? 0) + 1);
  return [...new Set([...known.keys(), ...lastSeen.keys()])].map((terminal) => {
    const lastSeenAt = lastSeen.get(terminal);
    const lastOutcome = machine.newest(terminal)?.outcome;
    const { de41, merchant } = known.get(terminal) ?? {};
    return {
      terminal,
      listed: known.has(terminal),
      connections: connections.get(terminal) ?? 0,
      unresolved: machine.unresolvedCount(terminal),
      ...(de41 === undefined ? {} : { de41 }),
      ...(merchant === undefined ? {} : { merchant }),
      ...(lastSeenAt === undefined ? {} : { lastSeenAt }),
      ...(lastOutcome === undefined ? {} : { lastOutcome }),
    };
  });
}
