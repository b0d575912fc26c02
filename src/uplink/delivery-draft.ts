import type { Again } from "./again.ts";
import type { DeliveryState } from "./delivery-state.ts";
import { refill } from "./token-bucket.ts";

/** A state in the making: one step owns it, and nobody sees it before the step is done. */
export type Draft = { -readonly [K in keyof DeliveryState]: DeliveryState[K] } & {
  readonly inFlight: Set<number>;
  readonly again: Map<number, Again>;
  readonly overtook: Set<number>;
  readonly newestSent: Map<string, number>;
};

export function draftOf(state: DeliveryState, at: number): Draft {
  return {
    ...state,
    inFlight: new Set(state.inFlight),
    again: new Map(state.again),
    overtook: new Set(state.overtook),
    newestSent: new Map(state.newestSent),
    bucket: refill(state.bucket, state.rules.rate, at),
  };
}

/** Everything unconfirmed is unsent again. What is in flight stays so: it is not sent twice at once. */
export function goBack(draft: Draft, at: number): void {
  draft.next = draft.mark + 1;
  draft.ready = [];
  draft.overtook.clear();
  draft.newestSent.clear();
  draft.lookAhead = undefined;
  draft.backlogEnd = draft.head;
  draft.trail = [];
  draft.progressAt = at;
  for (const [seq, { why }] of draft.again) if (why === "missing") draft.again.delete(seq);
}

/** The mark has moved: forgets what stood below it. */
export function moveMark(draft: Draft, mark: number, at: number): void {
  draft.mark = mark;
  draft.progressAt = at;
  draft.fruitless = 0;
  for (const seq of draft.overtook) if (seq <= mark) draft.overtook.delete(seq);
  for (const [seq, { why }] of draft.again) if (why === "refused" && seq <= mark) draft.again.delete(seq);
  if (draft.next > mark) return;
  draft.next = mark + 1;
  draft.ready = draft.ready.filter((row) => row.seq > mark);
}
