import { expect, it } from "vitest";
import { CommitTimes } from "../../../src/queue/commit-times.ts";

it("says nothing before the first commit", () => {
  expect(new CommitTimes().figures()).toEqual({ commits: 0, records: 0, lastMs: 0, p50Ms: 0, p99Ms: 0 });
});

it("counts everything, and takes percentiles over the newest 256 commits, in the other thread as well", () => {
  const writer = new CommitTimes();
  const reader = new CommitTimes(writer.memory);
  for (let n = 0; n < 300; n += 1) writer.add(1, 1_000);
  for (let n = 1; n <= 256; n += 1) writer.add(2, n);
  expect(reader.figures()).toEqual({ commits: 556, records: 300 + 512, lastMs: 256, p50Ms: 128, p99Ms: 253 });
});
