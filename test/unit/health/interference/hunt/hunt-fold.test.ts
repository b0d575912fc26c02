import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HuntFigure, HuntResult } from "../../../../../src/domain/hunt.ts";
import {
  type HuntInput,
  type HuntState,
  hunted,
  newHunt,
} from "../../../../../src/health/interference/hunt/hunt-fold.ts";
import { changesOf, segmentsOf, verdictsOf } from "../../../../../src/health/interference/hunt/hunt-verdict.ts";
import { seededRandom } from "../../../../../src/sim/seeded-random.ts";

const LINE: HuntFigure = { figure: "frameErrorRate", unit: "1", worse: "up", step: 0.005 };
const SNR: HuntFigure = { figure: "snrDb", unit: "dB", worse: "down", step: 6 };
const MARK = { what: "lamp", state: "off" } as const;

interface Phase {
  readonly rate: number;
  readonly s: number;
  readonly perS?: number;
  readonly state?: "off" | "on";
}

/** A hunt over phases of noise, each begun with a mark where it has a state. */
function played(phases: readonly Phase[], seed: number): HuntState {
  const random = seededRandom(seed);
  let [at, errors, trials] = [0, 0, 0];
  let state = newHunt(0);
  for (const { rate, s, perS = 20, state: to } of phases) {
    if (to !== undefined) state = hunted(state, { type: "changed", at, what: "lamp", state: to });
    for (let second = 0; second < s; second++) {
      at += 1_000;
      trials += perS;
      for (let n = 0; n < perS; n++) if (random() < rate) errors += 1;
      const counters = { errors, trials, load: trials };
      state = hunted(state, { type: "look", at, reading: { kind: "counts", of: "line", counters } });
    }
  }
  return state;
}

function resultsOf(phases: readonly Phase[], seed = 1): readonly HuntResult[] {
  return changesOf(played(phases, seed), LINE).map(({ result }) => result);
}

describe("a hunt", () => {
  it("finds that the noise went with the suspect, and believes it the more the oftener it is repeated", () => {
    const once = [
      { rate: 0.1, s: 40 },
      { rate: 0, s: 40, state: "off" },
    ] as const;
    const twice = [...once, { rate: 0.1, s: 40, state: "on" }, { rate: 0, s: 40, state: "off" }] as const;
    const [first] = verdictsOf(changesOf(played(once, 3), LINE));
    const [second] = verdictsOf(changesOf(played(twice, 3), LINE));
    expect(first).toMatchObject({ what: "lamp", result: "better", agreeing: 1, confidence: 0.8 });
    expect(second).toMatchObject({ result: "better", agreeing: 3, confidence: 0.97 });
  });

  it("finds that it makes things worse", () => {
    expect(
      resultsOf([
        { rate: 0, s: 40 },
        { rate: 0.1, s: 40, state: "on" },
      ]),
    ).toEqual(["worse"]);
  });

  it("says that nothing changed when nothing did", () => {
    expect(
      resultsOf([
        { rate: 0.1, s: 60 },
        { rate: 0.1, s: 60, state: "off" },
      ]),
    ).toEqual(["same"]);
    expect(
      resultsOf([
        { rate: 0, s: 60 },
        { rate: 0, s: 60, state: "off" },
      ]),
    ).toEqual(["same"]);
  });

  it("seldom claims a change that was none, over many hunts", () => {
    const found = Array.from({ length: 400 }, (_, seed) =>
      resultsOf(
        [
          { rate: 0.05, s: 40 },
          { rate: 0.05, s: 40, state: "off" },
        ],
        seed + 1,
      ),
    ).flat();
    expect(found.filter((one) => one === "better" || one === "worse").length).toBeLessThanOrEqual(12);
  });

  it("does not take one burst for a source that was switched off", () => {
    const burst = [
      { rate: 0, s: 20 },
      { rate: 0.6, s: 4 },
      { rate: 0, s: 16 },
      { rate: 0, s: 40, state: "off" },
    ] as const;
    expect(resultsOf(burst)).not.toContain("better");
  });

  it("cannot tell under another load, and says so", () => {
    const state = played(
      [
        { rate: 0.1, s: 40, perS: 40 },
        { rate: 0, s: 40, perS: 8, state: "off" },
      ],
      1,
    );
    expect(changesOf(state, LINE)).toMatchObject([{ result: "cannotTell", confidence: 0, because: "differentLoad" }]);
  });

  it("says how many seconds are missing", () => {
    const [change] = changesOf(
      played(
        [
          { rate: 0.1, s: 40 },
          { rate: 0, s: 8, state: "off" },
        ],
        1,
      ),
      LINE,
    );
    expect(change).toMatchObject({ result: "cannotTell", because: "tooShort", moreSeconds: 10 });
  });

  it("cannot tell when the same change does not do the same each time", () => {
    const state = played(
      [
        { rate: 0.1, s: 40 },
        { rate: 0, s: 40, state: "off" },
        { rate: 0, s: 60, state: "on" },
      ],
      1,
    );
    expect(verdictsOf(changesOf(state, LINE))).toMatchObject([{ result: "cannotTell", because: "contradiction" }]);
  });

  it("compares the levels of a modem by rank", () => {
    const levels = [3, 4, 3, 5, 4, 14, 15, 13, 15, 14];
    const state = levels.reduce<HuntState>((sofar, value, n) => {
      const at = (n + 1) * 30_000;
      const marked = n === 5 ? hunted(sofar, { type: "changed", at: at - 20_000, ...MARK }) : sofar;
      return hunted(marked, { type: "look", at, reading: { kind: "level", value } });
    }, newHunt(0));
    expect(changesOf(state, SNR)).toMatchObject([{ result: "better", before: 4, after: 14 }]);
  });
});

describe("what is read", () => {
  it.each([
    ["a look that told nothing", [look(1_000, 5, 50), { type: "look", at: 2_000 }]],
    ["counters that began anew", [look(1_000, 5, 50), look(2_000, 0, 10)]],
    ["counters of another one", [look(1_000, 5, 50), look(2_000, 9, 90, "b")]],
    ["a pause between two looks", [look(1_000, 5, 50), look(9_000, 6, 60)]],
  ] as const)("is a gap and never a zero: %s", (_, inputs) => {
    expect(segmentsOf(fold(...inputs))).toEqual([{ fromS: 0, seconds: 0, gaps: 1 }]);
  });

  it("belongs to neither side while a switch settles", () => {
    const looks = [1, 2, 3, 4, 5, 6, 7, 8].map((s) => look(s * 1_000, 0, s * 10));
    const [first, ...rest] = looks;
    if (first === undefined) throw new Error("there are looks");
    const [, after] = segmentsOf(fold(first, { type: "changed", at: 1_500, ...MARK }, ...rest));
    expect(after).toMatchObject({ what: "lamp", state: "off", seconds: 3, gaps: 0 });
  });

  const anyInput: fc.Arbitrary<HuntInput> = fc.oneof(
    fc
      .record({ at: fc.integer({ min: 0, max: 60_000 }), errors: fc.nat(99), trials: fc.nat(999) })
      .map((one) => look(one.at, one.errors, one.trials)),
    fc.record({ type: fc.constant("look" as const), at: fc.integer({ min: 0, max: 60_000 }) }),
    fc
      .record({ type: fc.constant("changed" as const), at: fc.integer({ min: 0, max: 60_000 }) })
      .map((one) => ({ ...one, ...MARK })),
  );

  it("in any order, with gaps and restarts, never goes back in time, and no rate leaves 0 to 1", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 80 }), (inputs) => {
        const state = fold(...inputs);
        const times = state.stretches.flatMap(({ from, seconds }) => [from, ...seconds.map(({ at }) => at)]);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        for (const { value = 0 } of segmentsOf(state)) expect(value >= 0 && value <= 1).toBe(true);
        for (const change of changesOf(state, LINE)) expect(change.confidence).toBeLessThan(1);
      }),
    );
  });
});

function look(at: number, errors: number, trials: number, of = "a"): HuntInput {
  return { type: "look", at, reading: { kind: "counts", of, counters: { errors, trials } } };
}

function fold(...inputs: readonly HuntInput[]): HuntState {
  return inputs.reduce(hunted, newHunt(0));
}
