import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { connect, type LookupFunction } from "node:net";
import type { Endpoint } from "../../../runtime/endpoint.ts";
import type { Source } from "../../../runtime/route.ts";

/** What a connection that was opened and closed at once has shown. Not a byte is sent. */
export type TcpLook =
  /** Without the time that the name took. */
  | { readonly outcome: "open" | "refused"; readonly rttMs: number }
  /** Nothing answered in time. */
  | { readonly outcome: "silent" }
  /** Some router, or this machine, says that there is no way: `EHOSTUNREACH`, `ENETUNREACH`. */
  | { readonly outcome: "noWay"; readonly code: string }
  /** The name could not be resolved, or not in time. */
  | { readonly outcome: "noName"; readonly code: string };

/**
 * @param timeoutMs  For the name, and again for the connection. Resolves at once, as silent, when the signal fires.
 */
export type LookByTcp = (
  endpoint: Endpoint,
  source: Source,
  timeoutMs: number,
  signal: AbortSignal,
) => Promise<TcpLook>;

/** All addresses of a host. */
type Resolve = (host: string) => Promise<LookupAddress[]>;

const NO_NAME: ReadonlySet<string> = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NONAME"]);
/** Codes of getaddrinfo's own waiting are never this one. */
const NAME_TIMED_OUT = "ETIMEOUT";

/**
 * Names go through getaddrinfo, so that /etc/hosts counts. With a silent name server that blocks a thread of the pool for ten
 * seconds, and the disk needs the same four: however often somebody looks, one question is under way for each name.
 */
export function tcpLooker(resolve: Resolve = async (host) => lookup(host, { all: true })): LookByTcp {
  const asked = new Map<string, Promise<LookupAddress[]>>();
  const shared: Resolve = async (host) => {
    const known = asked.get(host);
    if (known !== undefined) return known;
    const asking = resolve(host).finally(() => asked.delete(host));
    asked.set(host, asking);
    return asking;
  };
  return async (endpoint, source, timeoutMs, signal) => look(endpoint, source, timeoutMs, signal, shared);
}

async function look(
  { host, port }: Endpoint,
  source: Source,
  timeoutMs: number,
  signal: AbortSignal,
  resolve: Resolve,
): Promise<TcpLook> {
  const found = Promise.withResolvers<TcpLook>();
  let begun = performance.now();
  const giveUp = (): void => found.resolve({ outcome: "silent" });
  let deadline = setTimeout(giveUp, timeoutMs);
  const answer = async (name: string, all: boolean, done: Parameters<LookupFunction>[2]): Promise<void> => {
    let addresses: LookupAddress[];
    try {
      addresses = await resolve(name);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)), []);
      return;
    }
    if (socket.destroyed) return;
    clearTimeout(deadline);
    deadline = setTimeout(giveUp, timeoutMs);
    begun = performance.now();
    const [first] = addresses;
    if (all || first === undefined) done(null, addresses);
    else done(null, first.address, first.family);
  };
  const named: LookupFunction = (name, { all }, done) => {
    // What is not known in time is the name server's fault, and not that of whoever stands behind the name.
    clearTimeout(deadline);
    deadline = setTimeout(() => found.resolve({ outcome: "noName", code: NAME_TIMED_OUT }), timeoutMs);
    void answer(name, all === true, done);
  };
  const socket = connect({ host, port, ...source, lookup: named });
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  socket.once("connect", () => found.resolve({ outcome: "open", rttMs: performance.now() - begun }));
  socket.on("error", (error) => found.resolve(lookOf(error, performance.now() - begun)));
  const seen = await found.promise;
  clearTimeout(deadline);
  signal.removeEventListener("abort", giveUp);
  // An RST instead of a FIN: neither side keeps a TIME_WAIT for it.
  socket.resetAndDestroy();
  return seen;
}

function lookOf(error: Error, rttMs: number): TcpLook {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "ECONNREFUSED" || code === "ECONNRESET") return { outcome: "refused", rttMs };
  if (NO_NAME.has(code)) return { outcome: "noName", code };
  return code === "ETIMEDOUT" ? { outcome: "silent" } : { outcome: "noWay", code };
}
