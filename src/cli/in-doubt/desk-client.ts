import { join } from "node:path";
import { problemSchema } from "../../contract/http.ts";
import { LOCAL_TOKEN_FILE } from "../../local-token.ts";
import { type StoreOptions, storeDirectory } from "../journal/store.ts";
import type { Output } from "../output.ts";
import { printable } from "../text.ts";
import { tokenIn } from "../token-file.ts";

export interface DeskQuery extends StoreOptions {
  /** Of the gateway's local endpoint. */
  readonly url: string;
}

export const NOT_PERMITTED = 2;
export const UNREACHABLE = 3;
export const NOT_TILLGATE = "What answers there is not a tillgate of this version.";
/** ms. The endpoint gives up an answer after 10 s. */
const ANSWER_WITHIN_MS = 12_000;

/** Asks a running gateway with its owner's token. @returns an exit code when it said why not. */
export async function askDesk(
  path: string,
  options: DeskQuery,
  output: Output,
  body?: object,
): Promise<Response | number> {
  const store = await storeDirectory(options, output);
  if (typeof store === "number") return store;
  const tokenFile = join(store, LOCAL_TOKEN_FILE);
  const known = await tokenIn(tokenFile);
  if ("because" in known) {
    output.complain(`${tokenFile} cannot be read: ${known.because}`);
    output.complain("Ask as the gateway's own user, or with sudo, while it runs.");
    return NOT_PERMITTED;
  }
  try {
    return await fetch(new URL(path, options.url), {
      headers: { authorization: `Bearer ${known.token}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
  } catch (error) {
    output.complain(`No gateway answers at ${options.url}: ${printable(String(error))}`);
    output.complain("Is it running (systemctl status tillgate)? Is http.listen in its config another address?");
    return UNREACHABLE;
  }
}

/** Says what the gateway refused, and what to do. */
export async function complainOf(response: Response, output: Output): Promise<void> {
  const problem = problemSchema.safeParse(await response.json().catch(() => undefined));
  if (!problem.success) {
    output.complain(NOT_TILLGATE);
    return;
  }
  const { title, remedy, errors = [] } = problem.data;
  output.complain(`${printable(title)}. ${printable(remedy)}`);
  for (const { field, remedy: allowed } of errors) output.complain(`  ${printable(field)}: ${printable(allowed)}`);
}

/** Whether it is the token that was refused. */
export function isTokenRefused({ status }: Response): boolean {
  return status === 401 || status === 403;
}
