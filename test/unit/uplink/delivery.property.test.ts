import * as fc from "fast-check";
import { expect, test } from "vitest";
import { rulesThatFit } from "../../../src/uplink/rules-that-fit.ts";
import { DeliveryWorld } from "./delivery-world.ts";

type Move = (world: DeliveryWorld) => void;

const SOON = "2026-01-31T10:00:00.000Z";
const LATER = "2026-02-28T10:00:00.000Z";
const terminal = fc.constantFrom(
  "T1",
  "T2",
  "T3",
  "T1/alarm",
  "T2/alarm",
  "",
  `T2/money/${SOON}`,
  `T3/money/${LATER}`,
  `T1/alarm/${SOON}`,
);
const CODES = [0, 0, 0, 0, 0x10, 0x80, 0x87, 0x97, 0x95, 0x99];

const append = fc.array(terminal, { minLength: 1, maxLength: 12 }).map(
  (names): Move =>
    (w) =>
      w.append(...names),
);
const time = fc.integer({ min: 1, max: 40_000 }).map(
  (ms): Move =>
    (w) =>
      w.tick(ms),
);
const acks = fc.tuple(fc.infiniteStream(fc.boolean()), fc.constantFrom(...CODES)).map(
  ([picks, code]): Move =>
    (w) =>
      w.ack(
        w.inFlight.filter(() => isPicked(picks)),
        code,
      ),
);
const delivery = fc.infiniteStream(fc.boolean()).map(
  (keeps): Move =>
    (w) =>
      w.toHq(() => isPicked(keeps)),
);

/** One thing that may happen, in any order with any others; what has to come together to get anywhere comes often. */
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: append },
  { weight: 2, arbitrary: time },
  { weight: 4, arbitrary: acks },
  { weight: 3, arbitrary: delivery },
  { weight: 4, arbitrary: fc.constant<Move>((w) => w.answerAll()) },
  { weight: 4, arbitrary: fc.constant<Move>((w) => w.tick(200)) },
  { weight: 3, arbitrary: fc.constant<Move>((w) => w.receipt()) },
  { weight: 3, arbitrary: fc.constant<Move>((w) => workWell(w)) },
  fc.boolean().map(
    (fails): Move =>
      (w) =>
        void w.answer(fails),
  ),
  fc.boolean().map(
    (byBroker): Move =>
      (w) =>
        w.lose(byBroker),
  ),
  fc.constant<Move>((w) => void w.isPoisoned()),
  fc.nat(200).map(
    (pick): Move =>
      (w) =>
        w.poisonOne(1 + (pick % (w.rows.length + 1))),
  ),
  fc.constant<Move>((w) => w.writeGaps()),
  fc.nat(20).map((pick): Move => (w) => {
    const one = w.parked[pick % (w.parked.length + 1)];
    if (one !== undefined) w.release(one);
  }),
  fc.constant<Move>((w) => w.restart()),
  fc.nat(200).map(
    (upTo): Move =>
      (w) =>
        w.hqRestores(upTo),
  ),
  fc.nat(200).map(
    (upTo): Move =>
      (w) =>
        w.free(upTo),
  ),
  fc.integer({ min: 1, max: 2_000 }).map(
    (ms): Move =>
      (w) =>
        w.sale(ms),
  ),
  fc.integer({ min: 1, max: 20 }).map(
    (max): Move =>
      (w) =>
        w.open(max),
  ),
  fc.constant<Move>((w) => w.hqOffline()),
  fc.constant<Move>((w) => w.hqOnline()),
  fc.constant<Move>((w) => w.start()),
  fc.nat(200).map(
    (upTo): Move =>
      (w) =>
        w.foreignReceipt(upTo),
  ),
  fc.integer({ min: 1, max: 50 }).map(
    (over): Move =>
      (w) =>
        w.rawReceipt(w.rows.length + over),
  ),
);

/** Any that a config may name, as the uplink takes them. */
const rules = fc
  .record({
    confirm: fc.constantFrom("receipt" as const, "broker" as const),
    window: fc.integer({ min: 1, max: 12 }),
    unreceiptedMax: fc.integer({ min: 1, max: 40 }),
    rate: fc.constantFrom({ perS: 0, burst: 1 }, { perS: 5, burst: 3 }),
    drainControl: fc.boolean(),
  })
  .map((named) => ({ ...named, ...rulesThatFit(named) }));

function isPicked(choices: Iterator<boolean>): boolean {
  return choices.next().value === true;
}

/** One round in which nobody fails, but for records that the broker cannot bear. */
function workWell(world: DeliveryWorld): void {
  if (world.isPoisoned()) {
    world.open();
    world.hqOnline();
  }
  world.ack(world.inFlight.filter((seq) => !world.poison.has(seq)));
  world.writeGaps();
  world.toHq();
  world.receipt();
  world.answerAll();
  world.tick(500);
  world.answerAll();
}

/** Everything works from now on, beginning with whatever state the trouble has left. */
function runWell(world: DeliveryWorld): void {
  world.open();
  if (world.state.hq === undefined) world.hqOnline();
  for (let round = 0; round < 4_000 && world.state.mark < world.rows.length; round += 1) workWell(world);
}

test("whatever is lost, refused, repeated, parked, freed or forgotten, the mark stays below what is unconfirmed and everything arrives in order", () => {
  fc.assert(
    fc.property(
      rules,
      fc.array(terminal, { maxLength: 60 }),
      fc.array(move, { maxLength: 120 }),
      (r, backlog, moves) => {
        const world = new DeliveryWorld(r, backlog).start();
        for (const happen of moves) happen(world);
        runWell(world);
        expect(world.state.mark).toBe(world.rows.length);
        const parked = new Set(world.parked);
        const nowhere = world.rows.filter(({ seq }) => !world.accepted.has(seq) && !parked.has(seq));
        expect(nowhere).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
}, 60_000);
