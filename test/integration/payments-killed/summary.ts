import type { TrialReport } from "./trial.ts";

function row(name: string, value: number): string {
  return `  ${name.padEnd(52)}${value.toLocaleString("en").padStart(12)}`;
}

/** What the kills of a trial came to. */
export function summaryOf({ kills, payments, endings, persons, secondOrders, faults }: TrialReport): string {
  return [
    "Payments at a ZVT terminal",
    row("kill -9 of the daemon", kills),
    row("payments", payments),
    row("never in doubt", endings.neverInDoubt),
    row("doubt ended by the terminal's evidence", endings.evidence),
    row("doubt left to a person, and listed", endings.person),
    ...persons.map((what) => `    ${what}`),
    row("second orders of an order in doubt, turned away", secondOrders),
    row("charged twice, lost, or told wrongly", faults.length),
    ...faults.map((what) => `    ${what}`),
  ].join("\n");
}
