import type { IncidentRecord } from "../domain/incident.ts";
import { type TerminalId, terminalId } from "../domain/terminal.ts";
import type { Incident } from "./incident.ts";
import type { IncidentsState } from "./state.ts";

/** Who says what nobody said. */
export const BY_RULE = "tillgate";

/** Will be written to the ledger. */
export function say(state: IncidentsState, record: Omit<IncidentRecord, "derived" | "who">, terminal?: string): void {
  const about: { readonly terminal: TerminalId } | object =
    terminal === undefined ? {} : { terminal: terminalId(terminal) };
  state.wanted = [...state.wanted, { kind: "incident", ...about, body: { ...record, who: BY_RULE } }];
}

/** It is over, by what the ledger tells. @param why  A stable word. */
export function close(state: IncidentsState, incident: Incident, why: string, at: number): void {
  state.put({
    ...incident,
    state: "closed",
    closedAt: at,
    changedAt: at,
    notes: [...incident.notes, { at, event: "closed", who: BY_RULE, why }],
  });
  say(state, { event: "closed", n: incident.n, kind: incident.kind, why }, incident.place.terminal);
}
