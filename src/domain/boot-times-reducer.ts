import { clockRecordOf } from "./clock-record.ts";
import { BootTimes, type BootTimesSnapshot } from "./redate.ts";
import type { Reducer } from "./reducer.ts";

/** When the boots of this machine really were, folded from its `clock` records. */
export const bootTimes: Reducer<BootTimes> = {
  name: "bootTimes",
  version: 1,
  kinds: new Set(["clock"]),
  begin: () => new BootTimes(),
  step: (times, input) => {
    const record = input.type === "record" ? clockRecordOf(input) : undefined;
    if (input.type === "record" && record !== undefined) times.take(input.moment, record);
    return times;
  },
  pack: (times) => JSON.stringify(times),
  unpack: (text) => {
    const snapshot = parsed(text);
    return isSnapshot(snapshot) ? BootTimes.from(snapshot) : undefined;
  },
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Only the outer shape is checked: the text comes from our own store, whose pages carry their own checks. */
function isSnapshot(value: unknown): value is BootTimesSnapshot {
  return Array.isArray(value) && value.every((entry) => Array.isArray(entry) && entry.length === 2);
}
