import type { Clock } from "../../runtime/clock.ts";
import { Appender, whatIsMissing } from "./appender.ts";
import { limitedFiles, loopDisk, type SmallDisk, smallDisk } from "./small-disk.ts";
import type { Finding, Trial, TrialPlace } from "./trial.ts";

/** Bytes that the store gets before it is full: some commits' worth. */
const LEFT_BYTES = 6 * 1024 * 1024;
/** Characters in each record, so that it is soon full. */
const PADDING = 8_000;
const FULL_WITHIN_MS = 12_000;
const RECOVERED_WITHIN_MS = 8_000;
const LOOK_EVERY_MS = 20;

/** Lets a disk run full under a process that appends, and makes room again. The most real one that can be had here. */
export const fullDisk: Trial = async (place, signal) => fillOneOf([loopDisk, limitedFiles], place, signal);

export async function fillOneOf(
  ways: Parameters<typeof smallDisk>[1],
  { directory, clock }: TrialPlace,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const found = await smallDisk(directory, ways);
  if (typeof found === "string") return [{ name: "fullImpossible", figures: { reason: found } }];
  await using disk = found;
  return [await fill(disk, clock, signal)];
}

async function fill(disk: SmallDisk, clock: Clock, signal: AbortSignal): Promise<Finding> {
  const { how, store, shell } = disk;
  const acknowledged = new Map<number, string>();
  await disk.fillUpTo(LEFT_BYTES);
  let code = "";
  {
    await using appender = new Appender(store, { padding: PADDING, ...(shell === undefined ? {} : { shell }) });
    const isFull = await within(FULL_WITHIN_MS, () => appender.said.refused !== undefined, clock, signal);
    if (!isFull) return { name: "fullNotReached", figures: { how } };
    code = appender.said.refused?.code ?? "";
    if ((await disk.makeRoom()) === "atOnce") {
      const goesOn = (): boolean => (appender.said.refused?.acknowledgedSince ?? 0) > 0;
      if (!(await within(RECOVERED_WITHIN_MS, goesOn, clock, signal)))
        return { name: "fullNotRecovered", figures: { how } };
    }
    await appender.kill();
    for (const [seq, token] of appender.said.acknowledged) acknowledged.set(seq, token);
  }
  if (shell !== undefined) {
    await using appender = new Appender(store);
    const goesOn = (): boolean => appender.said.acknowledged.size > 0;
    if (!(await within(RECOVERED_WITHIN_MS, goesOn, clock, signal)))
      return { name: "fullNotRecovered", figures: { how } };
    await appender.kill();
    for (const [seq, token] of appender.said.acknowledged) acknowledged.set(seq, token);
  }
  const reason = await whatIsMissing(store, acknowledged);
  if (reason !== undefined) return { name: "fullLost", figures: { how, reason } };
  return { name: "fullSurvived", figures: { how, code, records: acknowledged.size } };
}

async function within(ms: number, isSo: () => boolean, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const deadline = clock.monotonicMs() + ms;
  while (!isSo()) {
    if (clock.monotonicMs() > deadline) return false;
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
  return true;
}
