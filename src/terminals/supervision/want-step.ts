import { assertNever } from "../../domain/assert-never.ts";
import { pausesAfterPause, pausesAfterResume } from "../pause.ts";
import type { SupervisionPolicy } from "./policy.ts";
import * as records from "./records.ts";
import { type Now, only, recording, type Step, type Supervision, type WantInput } from "./state.ts";
import { failed } from "./trouble.ts";

/** What people and rules want of the terminal. */
export function wantStep(state: Supervision, input: WantInput, policy: SupervisionPolicy, now: Now): Step {
  switch (input.type) {
    case "claimed":
      return only({ ...state, claim: input.claim, nextAtMs: undefined });
    case "released":
      return released(state, policy, now);
    case "paused":
      return recording({ ...state, pauses: pausesAfterPause(state.pauses, input.pause) }, records.paused(input.pause));
    case "resumed":
      return recording({ ...state, pauses: pausesAfterResume(state.pauses, input.by) }, records.resumed(input));
    case "confirmed":
      return confirmed(state, input, now);
    case "replaced":
      return replaced(state, input.by);
    case "reinstated":
      if (state.replacedBy === undefined) return only(state);
      return only({ ...state, replacedBy: undefined, nextAtMs: now.monotonicMs });
    default:
      return assertNever(input);
  }
}

function released(state: Supervision, policy: SupervisionPolicy, now: Now): Step {
  const free: Supervision = { ...state, claim: undefined, mustClose: false };
  if (state.replacedBy !== undefined) return closed(free);
  if (state.mustClose) return failed(free, state.fault ?? "linkLost", [{ type: "close" }], policy, now);
  if (state.link !== "open") return only({ ...free, nextAtMs: state.nextAtMs ?? now.monotonicMs });
  // Soon, so that what the payment left behind (no paper, a batch that is full) shows before the next one.
  return only({ ...free, nextAtMs: now.monotonicMs + policy.repeatAfterMs });
}

function confirmed(
  state: Supervision,
  { who, reason }: { readonly who: string; readonly reason: string },
  now: Now,
): Step {
  const { stranger } = state;
  if (stranger === undefined) return only(state);
  const nextAtMs = state.link === "closed" ? now.monotonicMs : state.nextAtMs;
  return recording(
    { ...state, expected: stranger, stranger: undefined, nextAtMs },
    records.identified(stranger, { who, reason }),
  );
}

function closed(state: Supervision): Step {
  return { state: { ...state, link: "closed", doing: undefined, condition: undefined }, effects: [{ type: "close" }] };
}

function replaced(state: Supervision, by: string): Step {
  const rests: Supervision = { ...state, replacedBy: by, nextAtMs: undefined };
  return state.link === "open" && state.claim === undefined ? closed(rests) : only(rests);
}
