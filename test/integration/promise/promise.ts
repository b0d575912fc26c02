import { expect } from "vitest";
import type { Settled } from "../../support/shop.ts";

/** The promise of contracts.md: nothing lost, nothing twice, and nothing claimed that the acquirer's books deny. */
export function expectKept(settled: Settled, when: string): void {
  const { lost, duplicated, wrong, hq } = settled;
  const histories = [...lost, ...duplicated, ...wrong].slice(0, 5).map((fault) => historyOf(settled, fault));
  const told = [when, ...histories].join("\n");
  expect({ lost, duplicated, wrong }, told).toEqual({ lost: [], duplicated: [], wrong: [] });
  expect(hq, when).toMatchObject({ forks: 0, gaps: 0, chainBreaks: 0, damaged: 0 });
}

/** What headquarters heard of the transaction that a fault names, by its id or its trace number. */
function historyOf({ records }: Settled, fault: string): string {
  const steps = records
    .filter(
      ({ transaction: { id, de41 = "", stan } }) =>
        fault.includes(id) || (fault.includes(de41) && fault.includes(` ${stan}`)),
    )
    .map(({ event, transaction: { id, kind, batch, outcome, reason } }) =>
      [id.slice(0, 8), kind, batch, event, outcome, reason].join(" "),
    );
  return [fault, ...steps].join("\n  ");
}
