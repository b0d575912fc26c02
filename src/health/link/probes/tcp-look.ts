import { connect } from "node:net";
import type { Endpoint } from "../../../runtime/endpoint.ts";
import type { Source } from "../../../runtime/route.ts";

/** What a connection that was opened and closed at once has shown. Not a byte is sent. */
export type TcpLook =
  | { readonly outcome: "open" | "refused"; readonly rttMs: number }
  /** Nothing answered in time. */
  | { readonly outcome: "silent" }
  /** Some router, or this machine, says that there is no way: `EHOSTUNREACH`, `ENETUNREACH`. */
  | { readonly outcome: "noWay"; readonly code: string }
  /** The name could not be resolved. */
  | { readonly outcome: "noName"; readonly code: string };

const NO_NAME: ReadonlySet<string> = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NONAME"]);

/** @param timeoutMs  For the whole, name look-up included. Resolves at once, as silent, when the signal fires. */
export async function tcpLook(
  { host, port }: Endpoint,
  source: Source,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<TcpLook> {
  const begun = performance.now();
  const found = Promise.withResolvers<TcpLook>();
  const socket = connect({ host, port, ...source });
  const giveUp = (): void => found.resolve({ outcome: "silent" });
  const deadline = setTimeout(giveUp, timeoutMs);
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  socket.once("connect", () => found.resolve({ outcome: "open", rttMs: performance.now() - begun }));
  socket.on("error", (error) => found.resolve(lookOf(error, performance.now() - begun)));
  const look = await found.promise;
  clearTimeout(deadline);
  signal.removeEventListener("abort", giveUp);
  // An RST instead of a FIN: neither side keeps a TIME_WAIT for it.
  socket.resetAndDestroy();
  return look;
}

function lookOf(error: Error, rttMs: number): TcpLook {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "ECONNREFUSED" || code === "ECONNRESET") return { outcome: "refused", rttMs };
  if (NO_NAME.has(code)) return { outcome: "noName", code };
  return code === "ETIMEDOUT" ? { outcome: "silent" } : { outcome: "noWay", code };
}
