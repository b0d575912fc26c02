import { assertNever } from "../domain/assert-never.ts";
import { type IncidentRecord, type IncidentState, type PersonsEvent, PERSONS_EVENTS } from "../domain/incident.ts";
import { type Incident, type IncidentNote, isOpen } from "./incident.ts";
import type { IncidentsState } from "./state.ts";

/** The state that it is in after that; `undefined` where it stays as it is. */
const LEADS_TO: Readonly<Record<PersonsEvent, IncidentState | undefined>> = {
  acknowledged: "acknowledged",
  noted: undefined,
  remedied: "remedied",
  appealed: "appealed",
  contacted: undefined,
  settled: undefined,
  closed: "closed",
  reopened: "open",
};
const NOTES_MOST = 100;

/** Whether a person may do that with it now. A closed one is only read, noted or opened again. */
export function mayBe(event: PersonsEvent, incident: Incident): boolean {
  switch (event) {
    case "noted":
    case "contacted":
    case "settled":
      return true;
    case "reopened":
      return !isOpen(incident);
    case "acknowledged":
      return incident.state === "open";
    case "remedied":
    case "appealed":
    case "closed":
      return isOpen(incident);
    default:
      return assertNever(event);
  }
}

/** What a person, or headquarters, has done with one. What does not fit its state any more is kept as a note. */
export function personsWord(
  state: IncidentsState,
  { event, n, who, why, channel, result }: IncidentRecord,
  at: number,
): void {
  const known = PERSONS_EVENTS.find((one) => one === event);
  const incident = state.incidents.get(n);
  if (known === undefined || incident === undefined) return;
  const note: IncidentNote = {
    at,
    event: known,
    who,
    ...(why === undefined ? {} : { why }),
    ...(channel === undefined ? {} : { channel }),
    ...(result === undefined ? {} : { result }),
  };
  const { closedAt: _closed, ...rest } = incident;
  const next = mayBe(known, incident) ? LEADS_TO[known] : undefined;
  const after =
    next === undefined ? incident : { ...rest, state: next, ...(next === "closed" ? { closedAt: at } : {}) };
  const reopened = known === "reopened" && next !== undefined ? incident.reopened + 1 : incident.reopened;
  state.put({ ...after, reopened, changedAt: at, notes: [...incident.notes, note].slice(-NOTES_MOST) });
}
