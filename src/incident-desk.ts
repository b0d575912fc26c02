import { causeText } from "./diagnosis/cause-texts.ts";
import type { IncidentView } from "./contract/incidents.ts";
import { instant } from "./domain/clock.ts";
import type { RecordDraft, Seq } from "./domain/record.ts";
import type { IncidentSource } from "./http/incident-routes.ts";
import type { Incident } from "./incidents/incident.ts";
import { incidentTitle } from "./incidents/incident-texts.ts";
import { mayBe } from "./incidents/persons-word.ts";
import type { IncidentsState } from "./incidents/state.ts";
import type { Running } from "./reducer-runner.ts";
import { rfc3339 } from "./runtime/clock.ts";

const DAY_MS = 86_400_000;
/** What was mended must still hold a week and a month later. */
const FOLLOW_UP_DAYS = [7, 30] as const;

/** Incidents for people: what the ledger says of them, and their own words on them. */
export function incidentDesk(
  running: Running<IncidentsState>,
  record: (draft: RecordDraft) => Promise<Seq>,
): IncidentSource {
  return {
    all: () => listOf(running.present()),
    say: async (said) => {
      const incident = running.present()?.incidents.get(said.n);
      if (incident === undefined) return "none";
      if (!mayBe(said.event, incident)) return "notNow";
      const { terminal } = incident.place;
      await record({
        kind: "incident",
        ...(terminal === undefined ? {} : { terminal }),
        body: { ...said, kind: incident.kind },
      });
      return "said";
    },
  };
}

function listOf(state: IncidentsState | undefined): readonly IncidentView[] | undefined {
  return state === undefined ? undefined : [...state.incidents.values()].map(viewOf).toReversed();
}

function viewOf(incident: Incident): IncidentView {
  const { openedAt, changedAt, closedAt, notes, transactionKind: _kind, endedBy: _end, ...rest } = incident;
  return {
    ...rest,
    title: incidentTitle(incident.kind),
    ...causeText(incident.cause),
    openedAt: rfc3339(instant(openedAt)),
    changedAt: rfc3339(instant(changedAt)),
    ...(closedAt === undefined ? {} : { closedAt: rfc3339(instant(closedAt)) }),
    followUps: closedAt === undefined ? [] : FOLLOW_UP_DAYS.map((days) => rfc3339(instant(closedAt + days * DAY_MS))),
    notes: notes.map(({ at, ...note }) => ({ at: rfc3339(instant(at)), ...note })),
  };
}
