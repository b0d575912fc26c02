import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MEASURES } from "../../../src/domain/exposure.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { seq, streamId } from "../../../src/domain/record.ts";
import type { RecordInput, ReducerInput } from "../../../src/domain/reducer.ts";
import { acquirerId, terminalId } from "../../../src/domain/terminal.ts";
import { OUTCOMES, TRANSACTION_EVENTS, TRANSACTION_KINDS, transactionId } from "../../../src/domain/transaction.ts";
import { exposure } from "../../../src/exposure/exposure.ts";
import { measureOf } from "../../../src/exposure/standing.ts";
import type { ExposureState } from "../../../src/exposure/state.ts";
import { exposureAt } from "../../../src/exposure/view.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";
import { Story } from "./story.ts";

const EARLIER = streamId("00000000-0000-4000-8000-000000000001");
const IDS = 12;

const anything = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant("transaction" as const),
      id: fc.integer({ min: 1, max: IDS }),
      event: fc.constantFrom(...TRANSACTION_EVENTS),
      outcome: fc.constantFrom(...OUTCOMES),
      kind: fc.constantFrom(...TRANSACTION_KINDS),
      batch: fc.constantFrom("000001", "000002", undefined),
      original: fc.option(fc.integer({ min: 1, max: IDS }), { nil: undefined }),
      carriedAs: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant("settlement" as const),
      event: fc.constantFrom("requested", "answered", "detailUploaded", "uploadEnded", "unanswered"),
      verdict: fc.constantFrom("balanced", "notBalanced", "error"),
      agrees: fc.option(fc.boolean(), { nil: undefined }),
      batch: fc.constantFrom("000001", "000002"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom("parked", "released", "clock", "link", "reboot") }) },
);

/** A ledger of such records, in which some time passes. */
function ledgerOf(doings: readonly (typeof anything extends fc.Arbitrary<infer T> ? T : never)[]): Story {
  const story = new Story();
  for (const doing of doings) {
    story.after(7);
    switch (doing.what) {
      case "transaction": {
        const { id, event, outcome, kind, batch, original, carriedAs } = doing;
        const transaction = {
          ...aTransaction({
            id: transactionId(`t-${id}`),
            terminal: terminalId(`till-${id % 3}`),
            stan: String(id).padStart(6, "0"),
            amount: minorUnits(id * 100),
            kind,
            outcome,
            ...(original === undefined ? {} : { originalTransaction: transactionId(`t-${original}`) }),
          }),
          batch,
        };
        const carried = carriedAs === undefined ? undefined : { stream: EARLIER, seq: seq(carriedAs) };
        story.add("transaction", { event, transaction }, carried);
        break;
      }
      case "settlement": {
        const { event, verdict, agrees, batch } = doing;
        story.settlement(event, {
          batch,
          responseCode: verdict === "error" ? "96" : "00",
          hostVerdict: { domestic: verdict, foreign: "balanced" },
          ...(agrees === undefined ? {} : { ledgerAgrees: agrees }),
          terminal: terminalId("till-1"),
        });
        break;
      }
      case "parked":
      case "released":
        story.add("gap", { event: doing.what, seq: 1, hash: "", kind: "transaction", reason: "tooLarge" });
        break;
      case "clock":
        story.add("clock", { event: "synchronised", at: "2026-01-31T10:00:00.000Z" });
        break;
      case "link":
        story.add("link", { state: "up" });
        break;
      case "reboot":
        story.rebooted(`boot-${story.records.length}`, story.records.length % 2 === 0);
        break;
    }
  }
  return story;
}

function fold(inputs: readonly ReducerInput[], from = exposure.begin()): ExposureState {
  return inputs.reduce((state, input) => exposure.step(state, input), from);
}

function restored(state: ExposureState): ExposureState {
  const unpacked = exposure.unpack(exposure.pack(state));
  if (unpacked === undefined) throw new Error("the snapshot is not read back");
  return unpacked;
}

describe("a replay", () => {
  it("from any snapshot on gives the same as having run all the time, whatever ticks came between", () => {
    fc.assert(
      fc.property(
        fc.array(anything, { maxLength: 60 }),
        fc.nat(60),
        fc.array(fc.nat(60), { maxLength: 5 }),
        (doings, cutAt, ticksAt) => {
          const story = ledgerOf(doings);
          story.mark = seq(Math.floor(story.records.length / 3));
          const mark = story.mark;
          const now = story.after(60).now;
          const head = seq(story.records.length);
          const tick = (record: RecordInput): ReducerInput => ({ type: "tick", now: record.moment, mark });
          const inputs = story.records.flatMap((record, index) =>
            ticksAt.includes(index) && record.seq > mark ? [record, tick(record)] : [record],
          );
          const lastly: ReducerInput = { type: "tick", now, mark };
          const replayed = fold([...story.records, lastly]);
          const ran = fold([...inputs, lastly]);
          const cut = fold([...inputs.slice(cutAt), lastly], restored(fold(inputs.slice(0, cutAt))));
          expect(exposure.pack(ran)).toBe(exposure.pack(replayed));
          expect(exposure.pack(cut)).toBe(exposure.pack(replayed));
          expect(exposureAt(cut, { now, head, mark })).toEqual(exposureAt(replayed, { now, head, mark }));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("counts a record once that comes again, from this stream or carried over from an earlier one", () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 40 }), fc.nat(40), (doings, again) => {
        const { records } = ledgerOf(doings);
        const once = fold(records);
        const twice = fold([...records.slice(0, again), ...records.slice(0, again), ...records.slice(again)]);
        expect(exposure.pack(twice)).toBe(exposure.pack(once));
      }),
    );
    const story = new Story();
    const carried = { stream: EARLIER, seq: seq(7) };
    story.add("transaction", { event: "answered", transaction: aTransaction() }, carried).settled();
    story.add("transaction", { event: "answered", transaction: aTransaction() }, carried);
    expect(story.view().unsettled.count).toBe(0);
  });

  it("puts every transaction where its newest state belongs", () => {
    const telling = fc.record({
      id: fc.integer({ min: 1, max: IDS }),
      event: fc.constantFrom(...TRANSACTION_EVENTS.filter((event) => event !== "answeredAgain")),
      outcome: fc.constantFrom(...OUTCOMES),
    });
    fc.assert(
      fc.property(fc.array(telling, { maxLength: 80 }), (tellings) => {
        const story = new Story();
        const newest = new Map<number, ReturnType<typeof measureOf>>();
        for (const { id, event, outcome } of tellings) {
          const transaction = aTransaction({ id: transactionId(`t-${id}`), outcome, amount: minorUnits(2 ** id) });
          story.transaction(event, transaction);
          newest.set(id, measureOf(transaction));
        }
        const view = story.after(91).view();
        for (const measure of MEASURES) {
          const expected = [...newest].filter(([, standing]) => standing === measure).map(([id]) => 2 ** id);
          expect(view[measure].count).toBe(expected.length);
          expect(view[measure].sums[0]?.debit ?? 0).toBe(expected.reduce((a, b) => a + b, 0));
        }
      }),
    );
  });

  it("reads nothing that it did not write", () => {
    for (const text of ["", "{", "[]", "null", '{"shelves":1}', "{}"]) expect(exposure.unpack(text)).toBeUndefined();
  });
});

function sale(n: number, terminal = "till-1") {
  return {
    id: transactionId(`t-${n}`),
    terminal: terminalId(terminal),
    stan: String(n % 1_000_000).padStart(6, "0"),
    amount: minorUnits(100),
  } as const;
}

describe("bounds", () => {
  it("a year without settlement keeps its sums and not its size", () => {
    const story = new Story();
    for (let n = 1; n <= 20_000; n += 1) story.transaction("answered", sale(n)).after(1);
    const { unsettled } = story.view();
    expect(unsettled).toMatchObject({ count: 20_000, oldestAgeS: 20_000, sums: [{ count: 20_000, debit: 2_000_000 }] });
    story.mark = seq(20_000);
    story.view();
    expect(exposure.pack(story.state).length).toBeLessThan(400_000);
    story.settled();
    expect(story.view().unsettled.count).toBe(0);
  });

  it("what was folded still leaves when there is news of it", () => {
    const story = new Story();
    const first = { ...sale(1), requestedAt: new Date(story.now.at).toISOString() };
    for (let n = 1; n <= 2_000; n += 1) story.transaction("answered", sale(n)).after(1);
    story.transaction("reversalRequested", { ...first, outcome: "reversing" }).after(91);
    expect(story.view()).toMatchObject({ unsettled: { count: 1_999 }, inDoubt: { count: 1 } });
    story.transaction("reversalAnswered", { ...first, outcome: "reversed" });
    expect(story.view()).toMatchObject({ unsettled: { count: 1_999 }, inDoubt: { count: 0 } });
  });

  it("what was folded stays when there is more news of what has left already", () => {
    const story = new Story();
    for (let n = 1; n <= 2_000; n += 1) story.transaction("answered", sale(n)).after(1);
    const reversed = {
      ...sale(2_001),
      outcome: "reversed",
      requestedAt: new Date(story.now.at).toISOString(),
    } as const;
    story.transaction("requested", { ...reversed, outcome: "inDoubt" }).transaction("reversalAnswered", reversed);
    story.transaction("reversalRequested", reversed).transaction("reversalAnswered", reversed);
    expect(story.view().unsettled.count).toBe(2_000);
  });

  it("a hostile peer with ever new terminals and sales in doubt fills no memory, and is counted", () => {
    const story = new Story();
    for (let n = 1; n <= 30_000; n += 1) {
      story.transaction("unanswered", { ...sale(n, `unlisted-${n % 3_000}`), outcome: "inDoubt" }).after(1);
    }
    story.mark = seq(30_000);
    const { inDoubt } = story.view();
    expect(inDoubt.count).toBe(30_000);
    expect(inDoubt.sums.length).toBeLessThanOrEqual(257);
    expect(inDoubt.sums.reduce((sum, { debit }) => sum + debit, 0)).toBe(3_000_000);
    expect(exposure.pack(story.state).length).toBeLessThan(8_000_000);
  });

  it("a backlog of any length is counted, the newest part of it exactly, and gone when it is confirmed", () => {
    const story = new Story();
    for (let n = 1; n <= 60_000; n += 1) story.transaction("answered", sale(n, `till-${n % 4}`)).after(1);
    expect(story.view().unreported).toMatchObject({ records: 60_000, count: 60_000 });
    expect(exposure.pack(story.state).length).toBeLessThan(2_500_000);
    story.mark = seq(58_000);
    expect(story.view().unreported).toMatchObject({ records: 2_000, count: 2_000 });
    expect(story.view().unreported.sums.reduce((sum, { debit }) => sum + debit, 0)).toBe(200_000);
    story.mark = seq(60_000);
    expect(story.view().unreported).toEqual({ records: 0, count: 0, sums: [] });
  });

  it("batches that never balance, and records that nobody takes, are counted beyond what is kept", () => {
    const story = new Story();
    for (let n = 1; n <= 300; n += 1) story.settled("notBalanced", String(n).padStart(6, "0"));
    for (let n = 1; n <= 6_000; n += 1) story.parked({ seq: seq(n), currency: currency("CNY") });
    expect(story.view().unbalanced).toMatchObject({ count: 300, sums: [{ debit: 300 * 12_345 }] });
    expect(story.view().parked.count).toBe(6_000);
    for (let n = 1; n <= 6_000; n += 1) story.add("gap", { event: "released", seq: n });
    expect(story.view().parked.count).toBe(0);
  });

  it("terminals of two acquirers with one name are one row, and settle apart", () => {
    const story = new Story().transaction("answered", sale(1));
    story.transaction("answered", { ...sale(2), acquirer: acquirerId("other") });
    expect(story.view().unsettled.sums).toMatchObject([{ terminal: "till-1", count: 2 }]);
    expect(story.settled().view().unsettled.sums).toMatchObject([{ terminal: "till-1", count: 1 }]);
  });
});
