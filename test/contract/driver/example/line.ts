import { DeviceError } from "../../../../src/domain/device.ts";
import type { LinkPlace } from "../../../../src/drivers/transport/byte-link.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";

export type Line = Awaited<ReturnType<typeof openLine>>;

/** One question at a time. The first one without an answer ends the line: its answer is then not taken for another's. */
export async function openLine(place: LinkPlace, answerWithinMs: number, clock: Clock, opening: AbortSignal) {
  const end = Promise.withResolvers<DeviceError>();
  let asked: { readonly news: () => void; readonly answer: PromiseWithResolvers<readonly string[]> } | undefined;
  let hasEnded = false;
  let unread = "";
  let number: number = clock.now(); // Not those of the session before.

  const take = (chunk: Uint8Array): void => {
    const lines = (unread + Buffer.from(chunk).toString("latin1")).split("\n");
    unread = (lines.pop() ?? "").slice(-100); // A line without end fills no memory.
    for (const [first, ...words] of lines.map((line) => line.split(" "))) {
      if (first !== String(number)) continue; // Noise, or the answer to an earlier question.
      if (words[0] === "CARD") asked?.news();
      else asked?.answer.resolve(words);
    }
  };
  const over = (error: DeviceError): void => {
    hasEnded = true;
    asked?.answer.reject(error);
    end.resolve(error);
    void link[Symbol.asyncDispose]();
  };
  const link = await place.open(take, opening);
  void link.ended.then(over);

  /** @throws DeviceError; the signal's reason. */
  const ask = async (what: string, signal: AbortSignal, news = (): void => undefined): Promise<readonly string[]> => {
    if (hasEnded || asked) throw new DeviceError("refused", "not now");
    const answer = Promise.withResolvers<readonly string[]>();
    const answered = new AbortController();
    asked = { news, answer };
    const tooLong = clock.sleep(answerWithinMs, AbortSignal.any([signal, answered.signal]));
    tooLong.then(() => over(new DeviceError("silent", "no answer in time")), answer.reject);
    link.write(Buffer.from(`${++number} ${what}\n`)).catch(answer.reject);
    try {
      return await answer.promise;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      asked = undefined;
      answered.abort();
    }
  };
  const close = async (): Promise<void> => {
    over(new DeviceError("closed", "closed by us"));
    await link[Symbol.asyncDispose]();
  };
  return { ask, close, ended: end.promise, whyNot: () => (hasEnded ? "linkLost" : asked && "busy") };
}
