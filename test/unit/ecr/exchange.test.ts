import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ExchangeEffect,
  type ExchangeInput,
  type ExchangeRules,
  type ExchangeState,
  NOT_BEGUN,
  step,
} from "../../../src/drivers/ecr/machine/exchange.ts";

const ORDER: ExchangeRules = {
  movesMoney: true,
  isAnswered: true,
  repeats: 2,
  ackMs: 100,
  pauseMs: 20,
  answerMs: 1000,
};
const QUESTION: ExchangeRules = { ...ORDER, movesMoney: false };
const POLL: ExchangeRules = { ...QUESTION, isAnswered: false };

function play(rules: ExchangeRules, inputs: readonly ExchangeInput[]): readonly ExchangeEffect[] {
  let state: ExchangeState = NOT_BEGUN;
  const done: ExchangeEffect[] = [];
  for (const input of inputs) {
    const next = step(rules, state, input);
    state = next.state;
    done.push(...next.effects);
  }
  return done;
}

function sendings(effects: readonly ExchangeEffect[]): number {
  return effects.filter((effect) => effect.do === "send").length;
}

function end(effects: readonly ExchangeEffect[]): ExchangeEffect | undefined {
  return effects.find((effect) => effect.do === "end");
}

describe("an order", () => {
  it("is sent, taken and answered, and the answer is confirmed", () => {
    expect(play(ORDER, ["begin", "ack", "answer"])).toEqual([
      { do: "send" },
      { do: "wait", ms: 100 },
      { do: "wait", ms: 1000 },
      { do: "confirm" },
      { do: "end", ending: "answered", doubt: false },
    ]);
  });

  it("is in doubt when nothing comes, and is not sent again", () => {
    const effects = play(ORDER, ["begin", "timer"]);
    expect(sendings(effects)).toBe(1);
    expect(end(effects)).toEqual({ do: "end", ending: "silent", doubt: true });
  });

  it("is in doubt when its NAK stands in noise", () => {
    expect(end(play(ORDER, ["begin", "noise", "nak"]))).toEqual({ do: "end", ending: "silent", doubt: true });
    expect(end(play(ORDER, ["begin", "nak", "noise", "timer"]))).toEqual({ do: "end", ending: "silent", doubt: true });
    expect(end(play(ORDER, ["begin", "nak", "noise", "lost"]))).toMatchObject({ doubt: true });
  });

  it("is not sent again when an ACK follows the NAK", () => {
    expect(sendings(play(ORDER, ["begin", "nak", "ack", "timer"]))).toBe(1);
  });

  it("has certainly failed when the line goes behind a clear NAK", () => {
    expect(end(play(ORDER, ["begin", "nak", "lost"]))).toEqual({ do: "end", ending: "lost", doubt: false });
    expect(end(play(ORDER, ["begin", "nak", "timer", "lost"]))).toMatchObject({ doubt: true });
    expect(end(play(ORDER, ["lost"]))).toEqual({ do: "end", ending: "lost", doubt: false });
  });

  it("does not take for its own what comes before it was taken", () => {
    expect(play(ORDER, ["begin", "answer"]).at(-1)).toEqual({ do: "stray" });
  });

  it("asks for a damaged answer as often as the protocol says, and then waits", () => {
    const effects = play(ORDER, ["begin", "ack", "damaged", "damaged", "damaged"]);
    expect(effects.filter((effect) => effect.do === "askAgain")).toHaveLength(2);
    expect(end(effects)).toBeUndefined();
  });

  const inputs = fc.constantFrom<ExchangeInput>("ack", "nak", "answer", "damaged", "noise", "timer", "lost");

  it("is never sent again but behind a clear NAK, and ends once, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 30 }), (rest) => {
        let state: ExchangeState = NOT_BEGUN;
        let [clearNak, sent, ends] = [false, 0, 0];
        for (const input of ["begin" as const, ...rest]) {
          const next = step(ORDER, state, input);
          for (const effect of next.effects) {
            if (effect.do === "send" && sent++ > 0) expect(clearNak).toBe(true);
            if (effect.do === "send") clearNak = false;
            if (effect.do === "end") ends++;
          }
          if (input === "nak" && next.state.at === "pausing") clearNak = true;
          if (input === "ack" || input === "noise" || input === "damaged") clearNak = false;
          state = next.state;
        }
        expect(sent).toBeLessThanOrEqual(1 + ORDER.repeats);
        expect(ends).toBe(state.at === "over" ? 1 : 0);
      }),
    );
  });
});

describe("a question", () => {
  it("is sent again when nothing comes, and ends without doubt", () => {
    const effects = play(QUESTION, ["begin", "timer", "timer", "timer"]);
    expect(sendings(effects)).toBe(3);
    expect(end(effects)).toEqual({ do: "end", ending: "silent", doubt: false });
  });

  it("takes an answer that comes without an ACK", () => {
    expect(end(play(QUESTION, ["begin", "answer"]))).toMatchObject({ ending: "answered" });
  });

  it("whose ACK is all is over with it", () => {
    expect(end(play(POLL, ["begin", "ack"]))).toEqual({ do: "end", ending: "confirmed", doubt: false });
  });
});
