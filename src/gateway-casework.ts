import type { z } from "zod";
import type { diagnosisView } from "./contract/http.ts";
import { causeText } from "./diagnosis/cause-texts.ts";
import { diagnosis } from "./diagnosis/diagnosis.ts";
import { diagnosisOf } from "./diagnosis/diagnosis-of.ts";
import type { RecordDraft, Seq } from "./domain/record.ts";
import type { IncidentSource } from "./http/incident-routes.ts";
import { incidentDesk } from "./incident-desk.ts";
import { incidents } from "./incidents/incidents.ts";
import type { ReducerRunner } from "./reducer-runner.ts";

/** What is derived of payments that did not go as they should. */
export interface Casework {
  /** What a payment of the last day is diagnosed as, with words for staff; by its id. */
  readonly diagnosis: (transaction: string) => z.input<typeof diagnosisView> | undefined;
  readonly incidents: IncidentSource;
}

/** @param record  Takes people's words on incidents. */
export function gatewayCasework(reducers: ReducerRunner, record: (draft: RecordDraft) => Promise<Seq>): Casework {
  const diagnosed = reducers.add(diagnosis);
  return {
    diagnosis: (transaction) => {
      const state = diagnosed.present();
      const found = state === undefined ? undefined : diagnosisOf(state, transaction);
      return found === undefined ? undefined : { ...found, ...causeText(found.cause) };
    },
    incidents: incidentDesk(reducers.add(incidents), record),
  };
}
