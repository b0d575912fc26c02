import { adviceFor } from "./advice.ts";
import type { CodeEntry } from "./code-entry.ts";
import { DEVICE_WORDS, ZVT_WORDS } from "./device-words.ts";
import { entryOf } from "./explain.ts";

/**
 * What a terminal's own result means.
 *
 * @param result  The driver's stable word (`paperOut`), or a ZVT result id in hexadecimal (`6C`).
 */
export function explainDevice(result: string): CodeEntry {
  const word = ZVT_WORDS[result.toUpperCase()] ?? result;
  const row = DEVICE_WORDS.find(([known]) => known === word);
  if (row !== undefined) return { ...entryOf(row, "device"), code: result };
  return {
    code: result,
    source: "none",
    layer: "unknown",
    meaning: { en: `Result ${result} is in no list`, zh: `结果 ${result} 不在任何代码表中` },
    topics: [],
    retry: "escalateAcquirer",
    pointlessToRepeat: false,
    advice: adviceFor("unknown", "escalateAcquirer"),
  };
}
