import type { IncidentAction } from "../../contract/incidents.ts";
import { askDesk, complainOf, type DeskQuery, isTokenRefused, NOT_PERMITTED } from "../in-doubt/desk-client.ts";
import type { Output } from "../output.ts";

const REFUSED = 1;

/** A person's word on an incident. @returns 0 when it stands in the ledger, 1 refused, 2 not permitted, 3 unreachable. */
export async function act(
  {
    n,
    action,
    why,
    by,
    ...options
  }: DeskQuery & { readonly n: string; readonly action: IncidentAction; readonly why: string; readonly by: string },
  output: Output,
): Promise<number> {
  const path = `/api/v1/incidents/${encodeURIComponent(n)}/${action}`;
  const response = await askDesk(path, options, output, { who: by, why });
  if (typeof response === "number") return response;
  if (response.ok) {
    output.print(`Incident ${n}: it stands in the ledger.`);
    return 0;
  }
  await complainOf(response, output);
  return isTokenRefused(response) ? NOT_PERMITTED : REFUSED;
}
