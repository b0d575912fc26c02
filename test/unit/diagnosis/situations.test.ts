import { describe, expect, it } from "vitest";
import { diagnosis } from "../../../src/diagnosis/diagnosis.ts";
import { diagnosisRecordOf } from "../../../src/domain/diagnosis.ts";
import type { RecordInput } from "../../../src/domain/reducer.ts";
import { askedAbout, diagnosisCases, type DiagnosisCase, isPayment, ledgerOf } from "../../support/diagnosis-case.ts";

const CASES = diagnosisCases();
/** Accuracy must fall by so many points without the surroundings, else the classifier is a look-up table. */
const FALLS_BY = 0.3;

/** What the newest diagnosis of the payment says; `none` where it needs no diagnosis. */
function causeOf(records: readonly RecordInput[], asked: string): string {
  let state = diagnosis.begin();
  let found = "none";
  for (const record of records) {
    state = diagnosis.step(state, record);
    for (const { kind, body } of diagnosis.derives?.(state) ?? []) {
      const told = diagnosisRecordOf({ kind, body });
      if (told?.transaction === asked) found = told.diagnosis.cause;
    }
  }
  return found;
}

function answerOf(one: DiagnosisCase): string {
  const { records, asked } = ledgerOf(one);
  return causeOf(records, asked);
}

/** The payment alone, as if nothing else had ever happened. */
function alone(one: DiagnosisCase): DiagnosisCase {
  const payment = askedAbout(one);
  const original = one.events.find((event) => isPayment(event) && event.as !== undefined && event.as === payment.of);
  return { ...one, events: original === undefined ? [payment] : [original, payment] };
}

/** What the payment's own record says by itself: cases that share it can only be told apart by their surroundings. */
function face(one: DiagnosisCase): string {
  const { answer, silence, late, says, refused } = askedAbout(one);
  return answer ?? silence ?? (late === undefined ? (says ?? refused ?? "") : `late ${late.code}`);
}

describe("a payment in its surroundings", () => {
  it.each(CASES.map((one) => [`${one.file}: ${one.name}`, one] as const))("%s", (_name, one) => {
    expect(answerOf(one)).toBe(one.cause);
  });
});

describe("the situations", () => {
  it("are many, share their codes, and are honest about what nobody can know", () => {
    const causes = new Map<string, Set<string>>();
    for (const one of CASES) causes.set(face(one), (causes.get(face(one)) ?? new Set()).add(one.cause));
    const shared = CASES.filter((one) => (causes.get(face(one))?.size ?? 0) > 1);
    expect(CASES.length).toBeGreaterThanOrEqual(120);
    expect(shared.length).toBeGreaterThanOrEqual(60);
    expect(CASES.filter(({ cause }) => cause === "unknown").length).toBeGreaterThanOrEqual(20);
  });

  it("cannot be told by the code alone: without their surroundings accuracy falls by 30 points at least", () => {
    const share = (right: readonly DiagnosisCase[]): number => right.length / CASES.length;
    const whole = share(CASES.filter((one) => answerOf(one) === one.cause));
    const blanked = share(CASES.filter((one) => answerOf(alone(one)) === one.cause));
    console.info(confusion());
    console.info(`right: ${(whole * 100).toFixed(0)} %; without surroundings: ${(blanked * 100).toFixed(0)} %`);
    expect(whole - blanked).toBeGreaterThanOrEqual(FALLS_BY);
  });

  it("are diagnosed the same by a second replay, byte for byte, and from a snapshot half-way", () => {
    for (const one of CASES) {
      const { records } = ledgerOf(one);
      const half = Math.floor(records.length / 2);
      const through = replay(records);
      const first = replay(records.slice(0, half));
      const rest = replay(records.slice(half), diagnosis.unpack(first.packed));
      expect(replay(records), one.name).toEqual(through);
      expect([...first.told, ...rest.told], one.name).toEqual(through.told);
    }
  });
});

function replay(
  records: readonly RecordInput[],
  from = diagnosis.begin(),
): { told: readonly string[]; packed: string } {
  let state = from ?? diagnosis.begin();
  const told: string[] = [];
  for (const record of records) {
    state = diagnosis.step(state, record);
    told.push(...(diagnosis.derives?.(state) ?? []).map((draft) => JSON.stringify(draft)));
  }
  return { told, packed: diagnosis.pack(state) };
}

/** What was right, and what was taken for what. */
function confusion(): string {
  const rows = new Map<string, Map<string, number>>();
  for (const one of CASES) {
    const row = rows.get(one.cause) ?? new Map<string, number>();
    const answer = answerOf(one);
    rows.set(one.cause, row.set(answer, (row.get(answer) ?? 0) + 1));
  }
  const lines = [...rows].toSorted(([a], [b]) => a.localeCompare(b));
  return lines
    .map(([cause, row]) => `${cause.padEnd(30)} ${[...row].map(([answer, count]) => `${answer} ${count}`).join(", ")}`)
    .join("\n");
}
