import { describe, expect, it } from "vitest";
import { seq } from "../../../../src/domain/record.ts";
import type { StageObservation } from "../../../../src/domain/stage.ts";
import { LineLoad } from "../../../../src/health/link/line-load.ts";
import { LinkWatch } from "../../../../src/health/link/link-watch.ts";
import { silentLog } from "../../../../src/runtime/log.ts";
import { clockWith } from "../../../contract/ledger/a-ledger.ts";

const SALE: StageObservation = { stage: "acquirer", subject: "union", via: "traffic", ok: true, rttMs: 40 };

function aWatch(): { readonly watch: LinkWatch; readonly pass: (ms: number) => void } {
  let now = 0;
  const watch = new LinkWatch(
    [],
    { line: "wired", speed: 1 },
    {
      clock: { ...clockWith({}), monotonicMs: () => now },
      log: silentLog,
      random: () => 0.5,
      record: async () => Promise.resolve(seq(1)),
      sample: () => undefined,
      load: new LineLoad(1),
    },
  );
  return {
    watch,
    pass: (ms) => {
      now += ms;
    },
  };
}

describe("sales in a flood", () => {
  it("are one look a second while their stage is well: judging all of them would cost more than the sales", () => {
    const { watch, pass } = aWatch();
    for (let sale = 0; sale < 5_000; sale += 1) {
      watch.observe(SALE);
      pass(1);
    }
    expect(watch.view().stages).toMatchObject([{ stage: "acquirer", state: "up" }]);
    expect(watch.view().stages[0]?.looks).toBeLessThanOrEqual(8);
  });

  it("count one by one as soon as one of them has failed, and until it is well again", () => {
    const { watch, pass } = aWatch();
    for (let sale = 0; sale < 10; sale += 1) {
      watch.observe(SALE);
      pass(1_000);
    }
    const before = watch.view().stages[0]?.looks ?? 0;
    for (let sale = 0; sale < 4; sale += 1) {
      watch.observe({ ...SALE, ok: false, fault: "acquirer.silent" });
      pass(1);
    }
    expect(watch.view().stages[0]?.looks).toBe(before + 4);
    watch.observe(SALE);
    pass(1);
    expect(watch.view().stages[0]?.looks).toBe(before + 5);
  });
});
