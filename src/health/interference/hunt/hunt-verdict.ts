import type { HuntChange, HuntDoubt, HuntFigure, HuntResult, HuntSegment, HuntVerdict } from "../../../domain/hunt.ts";
import { compare, loadOf, valueOf } from "./compare.ts";
import type { HuntState, Stretch } from "./hunt-fold.ts";
import { verdictAdvice, verdictText } from "./hunt-texts.ts";

/**
 * What happened in the shop at the same moment looks like the suspect's doing: one change is never quite believed, and each
 * one that agrees is believed more (on, off, on, off). Starting values, by number of changes.
 */
const BELIEVED = [0, 0.8, 0.92, 0.97];

export function segmentsOf({ beganAt, stretches }: HuntState): readonly HuntSegment[] {
  return stretches.map(({ from, seconds, gaps, what, state }) => {
    const [value, load] = [valueOf(seconds), loadOf(seconds)];
    return {
      fromS: Math.round((from - beganAt) / 1_000),
      seconds: seconds.length,
      gaps,
      ...(what === undefined ? {} : { what }),
      ...(state === undefined ? {} : { state }),
      ...(value === undefined ? {} : { value: rounded(value) }),
      ...(load === undefined ? {} : { load: rounded(load) }),
    };
  });
}

/** Each mark, judged by the stretch before it and the one after it. */
export function changesOf({ stretches }: HuntState, figure: HuntFigure): readonly HuntChange[] {
  return stretches.flatMap((after, index): readonly HuntChange[] => {
    const before: Stretch | undefined = stretches[index - 1];
    const { what, state } = after;
    if (before === undefined || what === undefined || state === undefined) return [];
    const { before: a, after: b, ...found } = compare(before, after, figure);
    return [
      {
        what,
        state,
        ...found,
        ...(a === undefined ? {} : { before: rounded(a) }),
        ...(b === undefined ? {} : { after: rounded(b) }),
      },
    ];
  });
}

/** By suspect: how the channel is while it is off. */
export function verdictsOf(changes: readonly HuntChange[]): readonly HuntVerdict[] {
  return [...new Set(changes.map(({ what }) => what))].map((what) => {
    const found = together(changes.filter((change) => change.what === what));
    return { what, ...found, text: verdictText(found), advice: verdictAdvice(found) };
  });
}

type Found = Pick<HuntVerdict, "result" | "confidence" | "agreeing" | "because">;

function together(changes: readonly HuntChange[]): Found {
  const told = changes.filter(({ result }) => result !== "cannotTell");
  const results = new Set(told.map(whileOff));
  const [result] = results;
  if (result === undefined) return doubt(changes.at(-1)?.because ?? "tooShort");
  if (results.size > 1) return doubt("contradiction");
  const doubted = told.reduce((product, { confidence }) => product * (1 - confidence), 1);
  const cap = BELIEVED[Math.min(told.length, BELIEVED.length - 1)] ?? 0;
  return { result, confidence: Math.min(rounded(1 - doubted), cap), agreeing: told.length };
}

function doubt(because: HuntDoubt): Found {
  return { result: "cannotTell", confidence: 0, agreeing: 0, because };
}

/** What came back when the suspect came back speaks as what went when it went. */
function whileOff({ result, state }: HuntChange): HuntResult {
  if (state === "off") return result;
  if (result === "better") return "worse";
  return result === "worse" ? "better" : result;
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
