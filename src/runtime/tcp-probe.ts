import { connect } from "node:net";
import type { Endpoint } from "./endpoint.ts";
import type { Source } from "./route.ts";

/**
 * Whether a TCP connection can be opened from there to here. It is closed at once, and not a byte is sent.
 *
 * @param timeoutMs  Name look-up included.
 */
export async function canConnect(
  { host, port }: Endpoint,
  source: Source,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const socket = connect({ host, port, ...source });
  const answer = Promise.withResolvers<boolean>();
  const give = (): void => answer.resolve(false);
  const deadline = setTimeout(give, timeoutMs);
  signal.addEventListener("abort", give, { once: true });
  if (signal.aborted) give();
  socket.once("connect", () => answer.resolve(true));
  socket.on("error", give);
  const isOpen = await answer.promise;
  clearTimeout(deadline);
  signal.removeEventListener("abort", give);
  socket.destroy();
  return isOpen;
}
