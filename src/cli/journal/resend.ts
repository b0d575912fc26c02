import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parkedAnswer, problemSchema } from "../../contract/http.ts";
import { LOCAL_TOKEN_FILE } from "../../local-token.ts";
import type { Output } from "../output.ts";
import { printable } from "../text.ts";
import { type StoreOptions, storeDirectory } from "./store.ts";

export interface ResendOptions extends StoreOptions {
  /** Of the gateway's local endpoint. */
  readonly url: string;
}

const NOT_ALL = 1;
const CANNOT_ACT = 2;
const UNREACHABLE = 3;
/** ms. The endpoint gives up an answer after 10 s. */
const ANSWER_WITHIN_MS = 12_000;

/**
 * `journal resend`: asks a running gateway to send parked records after all.
 *
 * @param which  A record's number, or `all`.
 * @returns 0 when all go, 1 when one does not, 2 when this user may not ask, 3 when no gateway answers.
 */
export async function resend(which: number | "all", options: ResendOptions, output: Output): Promise<number> {
  const store = await storeDirectory(options, output);
  if (typeof store === "number") return store;
  const path = join(store, LOCAL_TOKEN_FILE);
  let token: string;
  try {
    token = await readFile(path, "utf8");
  } catch (error) {
    output.complain(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    output.complain("Ask as the gateway's own user, or with sudo, while it runs.");
    return CANNOT_ACT;
  }
  try {
    const wanted = which === "all" ? await everyParked(options.url) : [which];
    if (wanted.length === 0) output.complain("Nothing is parked.");
    let code = 0;
    for (const seq of wanted) code = Math.max(code, await resendOne(seq, options.url, token, output));
    return code;
  } catch (error) {
    output.complain(`No gateway answers at ${options.url}: ${printable(String(error))}`);
    output.complain("Is it running (systemctl status tillgate)? Is http.listen in its config another address?");
    return UNREACHABLE;
  }
}

async function everyParked(url: string): Promise<readonly number[]> {
  const response = await fetch(new URL("/api/v1/parked", url), { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  return parkedAnswer.parse(await response.json()).parked.map(({ seq }) => seq);
}

async function resendOne(seq: number, url: string, token: string, output: Output): Promise<number> {
  const response = await fetch(new URL(`/api/v1/parked/${seq}/resend`, url), {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  if (response.ok) {
    output.print(`Record ${seq} goes again. If the broker still cannot take it, it is parked again.`);
    return 0;
  }
  const { title, remedy } = problemSchema.parse(await response.json());
  output.complain(`Record ${seq}: ${printable(title)}. ${printable(remedy)}`);
  return response.status === 401 ? CANNOT_ACT : NOT_ALL;
}
