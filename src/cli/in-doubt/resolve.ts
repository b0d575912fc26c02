import { resolvedAnswer } from "../../contract/payments.ts";
import type { ResolvedAs } from "../../domain/payment-request.ts";
import type { Output } from "../output.ts";
import { askDesk, complainOf, type DeskQuery, isTokenRefused, NOT_PERMITTED, NOT_TILLGATE } from "./desk-client.ts";

export interface ResolveOptions extends DeskQuery {
  readonly id: string;
  readonly as: ResolvedAs;
  /** Who says so. */
  readonly by: string;
  readonly reason: string;
}

const NOT_RESOLVED = 1;

/** `in-doubt resolve`. @returns 0 when it is in the ledger, 1 when it is not, 2 when this user may not, 3 when nobody answers. */
export async function resolve({ id, as, by, reason, ...query }: ResolveOptions, output: Output): Promise<number> {
  const path = `/api/v1/in-doubt/${encodeURIComponent(id)}/resolve`;
  const response = await askDesk(path, query, output, { as, by, reason });
  if (typeof response === "number") return response;
  if (response.ok) {
    // Money is handed out by this word: only what tillgate itself says is believed.
    const answer = resolvedAnswer.safeParse(await response.json().catch(() => undefined));
    if (!answer.success) {
      output.complain(NOT_TILLGATE);
      return NOT_RESOLVED;
    }
    output.print(`${id} is ${as} by the word of ${by}.`);
    return 0;
  }
  await complainOf(response, output);
  return isTokenRefused(response) ? NOT_PERMITTED : NOT_RESOLVED;
}
