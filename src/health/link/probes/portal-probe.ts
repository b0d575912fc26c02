import { get } from "node:http";
import type { StageObservation } from "../../../domain/stage.ts";
import type { StageProbe } from "../stage-probe.ts";

const EVERY_MS = 300_000;
/** What the page is known to answer, and nothing else in the world does by chance. */
const NO_CONTENT = 204;

/** Whether somebody answers in the internet's place: a page that is known to be empty is not (RFC 8952, 2.1 calls such a network captive). */
export function portalProbe(url: string, timeoutMs: number): StageProbe {
  const seen = { stage: "portal", subject: new URL(url).host, via: "probe" } as const;
  return {
    stage: "portal",
    name: "portal",
    everyMs: EVERY_MS,
    look: async (signal): Promise<readonly StageObservation[]> => {
      const status = await statusOf(url, timeoutMs, signal);
      // That the page cannot be had at all is another stage's trouble.
      if (status === undefined) return [];
      if (status === NO_CONTENT) return [{ ...seen, ok: true }];
      return [{ ...seen, ok: false, fault: "portal.captive", detail: `HTTP ${status}` }];
    },
  };
}

async function statusOf(url: string, timeoutMs: number, signal: AbortSignal): Promise<number | undefined> {
  const found = Promise.withResolvers<number | undefined>();
  const stop = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  // Neither followed nor kept: a portal redirects, and a till's machine must not run after it.
  const request = get(url, { signal: stop, agent: false, headers: { "cache-control": "no-cache" } }, (response) => {
    found.resolve(response.statusCode);
    response.destroy();
  });
  request.on("error", () => found.resolve(undefined));
  return found.promise;
}
