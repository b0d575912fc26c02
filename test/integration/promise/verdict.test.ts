import { expect, test } from "vitest";
import { z } from "zod";
import { type Json, seq } from "../../../src/domain/record.ts";
import { type Arrival, HqStore } from "../../../src/sim/hq/store.ts";
import { asJson, Chain } from "../../support/chain.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { type Verdict, verdict } from "./verdict.ts";
import { type Kept, saleBody } from "./writer-words.ts";

/** Tills that sell, and a book of all that was acknowledged. */
class Shop {
  readonly kept: Kept[] = [];
  #sales = 0;

  sell(chain: Chain, count: number): readonly Arrival[] {
    return Array.from({ length: count }, () => this.#sale(chain));
  }

  #sale(chain: Chain): Arrival {
    this.#sales += 1;
    const body = z.record(z.string(), z.json()).parse(saleBody("till-1", this.#sales, ""));
    const arrival = chain.next("transaction", body);
    this.kept.push({
      said: "kept",
      stream: chain.stream,
      seq: arrival.envelope.seq,
      till: "till-1",
      sale: this.#sales,
    });
    return arrival;
  }
}

/** What the verdict is once these have come to an empty headquarters. */
async function judged({ kept }: Shop, arrivals: readonly Arrival[]): Promise<Verdict> {
  await using dir = await tempDir();
  {
    using store = new HqStore(dir.file("hq.db"));
    store.store(arrivals);
  }
  return verdict(kept, dir.file("hq.db"));
}

function gap(chain: Chain, body: { readonly [member: string]: Json }): Arrival {
  return chain.next("gap", body);
}

test("what is there is there, and what is neither there nor named is lost", async () => {
  const shop = new Shop();
  const chain = new Chain();
  const [first, , third] = shop.sell(chain, 3);
  const found = await judged(
    shop,
    [first, third].filter((one) => one !== undefined),
  );
  expect(found).toMatchObject({ records: 3, arrived: 2, lost: [`till-1/2, record 2 of ${chain.stream}`] });
});

test("a sale that is not the one that was acknowledged there is lost", async () => {
  const shop = new Shop();
  const chain = new Chain();
  const made = shop.sell(chain, 2);
  shop.kept.splice(1, 1, { said: "kept", stream: chain.stream, seq: seq(2), till: "till-9", sale: 9 });
  expect((await judged(shop, made)).lost).toEqual(["till-9/9 is till-1/2 at headquarters"]);
});

test("what was freed is named by its range, and not one record beyond", async () => {
  const shop = new Shop();
  const [old, fresh] = [new Chain(), new Chain()];
  const sold = shop.sell(old, 6);
  const carried = sold.slice(5).map((one) => fresh.next("carried", { envelope: asJson(one) }));
  const begun = (upTo: number): Arrival =>
    gap(new Chain(), {
      event: "streamBegun",
      because: "behindHq",
      prevStream: old.stream,
      prevHead: { seq: 6, hash: old.head.hash },
      freed: [{ stream: old.stream, upTo }],
    });
  expect(await judged(shop, [begun(5), ...carried])).toMatchObject({ arrived: 1, unavailable: 5, lost: [] });
  expect(await judged(shop, [begun(4), ...carried])).toMatchObject({
    arrived: 1,
    unavailable: 4,
    lost: [`till-1/5, record 5 of ${old.stream}`],
  });
});

test("what the new stream freed itself is no word for what it may have carried, unless it says so", async () => {
  const shop = new Shop();
  const [old, fresh] = [new Chain(), new Chain()];
  const sold = shop.sell(old, 2);
  for (const one of sold) fresh.next("carried", { envelope: asJson(one) });
  const unavailable = { event: "unavailable", from: 1, to: 2 };
  expect((await judged(shop, [gap(fresh, unavailable)])).lost).toHaveLength(2);
  const freed = [{ stream: old.stream, upTo: 2 }];
  expect(await judged(shop, [gap(fresh, { ...unavailable, freed })])).toMatchObject({ unavailable: 2, lost: [] });
});

test("a quarantine excuses the positions that it names, however many it counts", async () => {
  const shop = new Shop();
  const [old, fresh] = [new Chain(), new Chain()];
  shop.sell(old, 5);
  const quarantined = {
    event: "quarantined",
    stream: old.stream,
    leftBehind: { count: 5, sums: [] },
    heldByHq: { count: 5, sums: [] },
    unreadable: [{ from: 1, to: 1 }],
  };
  expect((await judged(shop, [gap(fresh, quarantined)])).lost).toHaveLength(4);
  const named = { leftBehindAt: [{ from: 2, to: 2 }], heldByHqAt: [{ from: 3, to: 4 }] };
  expect(await judged(shop, [gap(new Chain(), { ...quarantined, ...named })])).toMatchObject({
    quarantined: 2,
    unavailable: 2,
    lost: [`till-1/5, record 5 of ${old.stream}`],
  });
});

test("a damaged end excuses what came after the last that anything speaks of, and nothing before it", async () => {
  const shop = new Shop();
  const [old, fresh] = [new Chain(), new Chain()];
  shop.sell(old, 5);
  const quarantined = { event: "quarantined", stream: old.stream, unreadable: [{ from: 1, to: 2 }], endUnknown: true };
  const found = await judged(shop, [gap(fresh, { ...quarantined, lastKnown: 3 })]);
  expect(found).toMatchObject({ quarantined: 4, lost: [`till-1/3, record 3 of ${old.stream}`] });
  // Without a position there is no range.
  expect((await judged(shop, [gap(new Chain(), quarantined)])).lost).toHaveLength(3);
});

test("a parked record is named as parked, also when it is released and has not come", async () => {
  const shop = new Shop();
  const chain = new Chain();
  const [first, second] = shop.sell(chain, 2);
  const told = [first, second].flatMap((one) => {
    if (one === undefined) return [];
    const { seq: at, hash } = one.envelope;
    return [gap(chain, { event: "parked", seq: at, hash, kind: "transaction", reason: "tooLarge" })];
  });
  expect(await judged(shop, [...told, gap(chain, { event: "released", seq: 2 })])).toMatchObject({
    parked: 2,
    lost: [],
  });
});
