import type { Clock } from "../../runtime/clock.ts";
import { isShutdown } from "../../runtime/task.ts";
import { type LinkMessage, readLink } from "../link-lines.ts";
import type { Words } from "./words.ts";

/** ms. A stage takes seconds to be judged. */
const LOOK_EVERY_MS = 250;

/**
 * Says where the way out of the shop is broken whenever that has changed, until the signal fires. Asks the gateway itself:
 * headquarters hears of its own line only when that is up again.
 */
export async function tellLine(
  url: string,
  { words, clock, say }: { readonly words: Words; readonly clock: Clock; readonly say: (line: string) => void },
  signal: AbortSignal,
): Promise<void> {
  let before = "";
  try {
    for (;;) {
      const { fault, subject } = (await ask(url, signal))?.verdict ?? {};
      const now = [fault, subject].join(" ").trim();
      if (now !== before) say(`   ${words.line(fault, subject)}`);
      before = now;
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  } catch (error) {
    if (!isShutdown(error, signal)) throw error;
  }
}

/** Nothing while nobody answers: the gateway may be on its way out. */
async function ask(url: string, signal: AbortSignal): Promise<LinkMessage | undefined> {
  try {
    const response = await fetch(`${url}/api/v1/link`, { signal });
    return readLink(await response.json());
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
