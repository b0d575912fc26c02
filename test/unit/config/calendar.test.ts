import { expect, it } from "vitest";
import { GOOD, load, problemsOf } from "./a-config.ts";

const calendar = (line: string): string => `${GOOD}calendar:\n  ${line}\n`;

it("the calendar may be left out, and its entries have defaults", () => {
  expect(load(GOOD)).toMatchObject({ config: { calendar: { promotions: [], holidays: [], openingHours: [] } } });
  const told = load(calendar("promotions: [{ name: Double Eleven, from: 2026-11-10, to: 2026-11-12 }]"));
  expect(told).toMatchObject({ ok: true, config: { calendar: { promotions: [{ load: 2 }] } } });
});

it.each([
  ["promotions: [{ name: x, from: 2026-02-30, to: 2026-03-01 }]", "calendar.promotions[0].from", /a day, e\.g\./],
  ["promotions: [{ name: x, from: 2026-11-12, to: 2026-11-10 }]", "calendar.promotions[0].to", /not before from/],
  ["holidays: [{ name: x, from: 2027-02-05, to: 2027-02-01 }]", "calendar.holidays[0].to", /not before from/],
  ['openingHours: [{ days: [mon], from: "22:00", to: "02:00" }]', "calendar.openingHours[0].to", /a time after from/],
  ['openingHours: [{ days: [someday], from: "09:00", to: "22:00" }]', "calendar.openingHours[0].days[0]", /mon/],
  ["promotion: []", "calendar.promotion", /promotions/],
])("calendar: %s is refused where it is wrong", (line, path, allowed) => {
  const [problem, ...others] = problemsOf(calendar(line));
  expect(others).toEqual([]);
  expect(problem).toMatchObject({ path });
  expect(problem?.allowed).toMatch(allowed);
});
