import { basename, join } from "node:path";
import { LOCAL_TOKEN_FILE } from "../../local-token.ts";
import { type StoreOptions, storeDirectory } from "../journal/store.ts";
import type { Output } from "../output.ts";
import { printable } from "../text.ts";
import { tokenIn } from "../token-file.ts";
import { type Language, TEXTS } from "./words.ts";

export interface GatewayOptions {
  /** Of the gateway's local endpoint. */
  readonly url: string;
  readonly json: boolean;
  readonly lang: Language;
}

export interface ActingOptions extends GatewayOptions, StoreOptions {
  /** The token itself; without it, `local.token` in the store's directory. */
  readonly tokenFile?: string;
}

export const DONE = 0;
export const NOT_DONE = 1;
export const CANNOT_ACT = 2;
const UNREACHABLE = 3;

/** ms. The endpoint gives up an answer after 10 s. */
const ANSWER_WITHIN_MS = 12_000;

/** @returns an exit code when it said why no gateway can be asked. */
export async function ask(
  path: string,
  { url, lang }: GatewayOptions,
  output: Output,
  post?: { readonly token: string; readonly body: object },
): Promise<{ readonly status: number; readonly body: unknown } | number> {
  try {
    const response = await fetch(new URL(path, url), {
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      ...(post === undefined
        ? {}
        : {
            method: "POST",
            headers: { authorization: `Bearer ${post.token}`, "content-type": "application/json" },
            body: JSON.stringify(post.body),
          }),
    });
    return { status: response.status, body: await response.json() };
  } catch (error) {
    output.complain(TEXTS[lang].unreachable(url, reasonOf(error)));
    output.complain(TEXTS[lang].unreachableRemedy);
    return UNREACHABLE;
  }
}

/** Whether it is the gateway's own token, which says nothing of who uses it. */
export function isLocalToken({ tokenFile }: Pick<ActingOptions, "tokenFile">): boolean {
  return tokenFile === undefined || basename(tokenFile) === LOCAL_TOKEN_FILE;
}

/** @returns an exit code when it said why there is none. */
export async function readToken(options: ActingOptions, output: Output): Promise<string | number> {
  const { tokenFile, lang } = options;
  const directory = tokenFile === undefined ? await storeDirectory(options, output) : undefined;
  if (typeof directory === "number") return directory;
  const path = tokenFile ?? join(directory ?? "", LOCAL_TOKEN_FILE);
  const known = await tokenIn(path);
  if ("token" in known) return known.token;
  output.complain(TEXTS[lang].noToken(path, known.because));
  output.complain(TEXTS[lang].noTokenRemedy);
  return CANNOT_ACT;
}

/** fetch says "fetch failed" and keeps the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : printable(error.message);
}
