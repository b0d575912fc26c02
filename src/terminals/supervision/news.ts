import { assertNever } from "../../domain/assert-never.ts";
import type { DeviceCondition, DeviceNews } from "../../domain/device.ts";
import type { LastTransaction } from "../../domain/payment.ts";
import type { TerminalRecord } from "../../domain/terminal.ts";
import type { SupervisionCounters } from "./counters.ts";
import { NewsLimit } from "./news-limit.ts";

export interface NewsParts {
  readonly nowMs: () => number;
  /** What is known of the device already. */
  readonly condition: () => DeviceCondition | undefined;
  readonly told: (condition: DeviceCondition) => void;
  readonly record: (body: TerminalRecord) => void;
  readonly lateAnswer: (answer: LastTransaction) => void;
  readonly counters: SupervisionCounters;
}

/** Hears what a device says by itself; one that says it without end is counted, and no more. */
export function newsListener(parts: NewsParts): (news: DeviceNews) => void {
  const limit = new NewsLimit();
  const { counters } = parts;
  const isTooMuch = (): boolean => {
    const isAllowed = limit.allows(parts.nowMs());
    if (!isAllowed) counters.newsDropped += 1;
    return !isAllowed;
  };
  return (news) => {
    switch (news.type) {
      case "condition":
        if (!isSame(parts.condition(), news.condition) && !isTooMuch()) parts.told(news.condition);
        return;
      case "swiped": {
        counters.swipes += 1;
        if (isTooMuch()) return;
        const { tracks, encrypted, detail = {} } = news;
        parts.record({ event: "swiped", detail: { ...detail, tracks: tracks.join(","), encrypted } });
        return;
      }
      case "lateAnswer":
        counters.lateAnswers += 1;
        parts.lateAnswer(news.answer);
        return;
      case "lineFault":
        counters.lineFaults += 1;
        return;
      default:
        assertNever(news);
    }
  };
}

function isSame(a: DeviceCondition | undefined, b: DeviceCondition): boolean {
  return a !== undefined && a.state === b.state && a.code === b.code && a.reason === b.reason && a.remedy === b.remedy;
}
