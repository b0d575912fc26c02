import { afterAll, beforeAll, expect, it } from "vitest";
import { historyAnswer, historySeriesAnswer } from "../../../src/contract/history.ts";
import { problemSchema } from "../../../src/contract/http.ts";
import { Shop } from "../../support/shop.ts";
import { waitUntil } from "../../support/wait-until.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await Shop.open({ terminals: 1 });
});

afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

async function get(query: string): Promise<unknown> {
  return JSON.parse(await shop.get(`/api/v1/history${query}`));
}

it("a running daemon lists what it measures, tells its past, and says what is wrong with a question", async () => {
  await waitUntil(
    "something was measured",
    async () => historySeriesAnswer.parse(await get("")).series.some(({ series }) => series === "machine.load"),
    { withinMs: 30_000 },
  );
  const load = historySeriesAnswer.parse(await get("")).series.find(({ series }) => series === "machine.load");
  expect(load).toMatchObject({ unit: "1", label: { en: "machine: load of each core", zh: "机器：每核负载" } });
  for (const step of ["minute", "hour"]) {
    const answer = historyAnswer.parse(await get(`?series=machine.load&step=${step}`));
    expect(answer.points.length).toBeGreaterThan(0);
    expect(answer.points.at(-1)?.count).toBeGreaterThan(0);
  }
  const problems = async (query: string): Promise<string> => {
    const { type, remedy, errors = [] } = problemSchema.parse(await get(query));
    return `${type.split(":").at(-1)} ${remedy} ${errors.map(({ field }) => field).join()}`;
  };
  expect(await problems("?series=machine.laod")).toContain("unknownSeries The nearest is machine.load.");
  const long = "?series=machine.load&from=2026-01-01T00:00:00Z&to=2026-01-09T00:00:00Z";
  expect(await problems(long)).toMatch(/^rangeTooLong .*step=hour/);
  expect(historyAnswer.parse(await get(`${long}&step=hour`)).points).toEqual([]);
  expect(await problems("?series=machine.load&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")).toMatch(/ from$/);
  expect(await problems("?step=day")).toMatch(/^badQuery .* step$/);
});
