import { describe, expect, test } from "vitest";
import {
  happened,
  looked,
  NEW_USB,
  type UsbBook,
  type UsbReading,
} from "../../../../src/health/interference/usb/usb-book.ts";
import type { UsbHappening } from "../../../../src/health/interference/usb/usb-happening.ts";
import { judgeUsb, type UsbFound } from "../../../../src/health/interference/usb/usb-judge.ts";
import type { UsbTree } from "../../../../src/health/interference/usb/usb-tree.ts";

const SECOND = 1_000;
const MINUTE = 60_000;
const LOOK = 15_000;

/** A hub in a socket of the machine with three terminals on it, and a fourth beside it on another bus. */
const SHOP: UsbTree = {
  devices: [
    { name: "1-1", isHub: true, identity: "hub", number: 2 },
    { name: "1-1.1", isHub: false, identity: "a", number: 3, maySleep: false },
    { name: "1-1.2", isHub: false, identity: "b", number: 4, maySleep: false },
    { name: "1-1.3", isHub: false, identity: "c", number: 5, maySleep: false },
    { name: "2-1", isHub: false, identity: "d", number: 2, maySleep: false },
  ],
  overCurrents: { "1-1.1": 0, "1-1.2": 0, "1-1.3": 0, "1-1": 0, "2-1": 0 },
};

type Act = readonly [at: number, ...(readonly UsbHappening[])];

interface Telling {
  readonly forMs?: number;
  readonly tree?: (at: number) => UsbTree;
  readonly lowSupply?: ((at: number) => boolean) | undefined;
  readonly isHeard?: boolean;
  readonly uptimeMs?: (at: number) => number;
}

/** So it went in the shop: what happened when, with a look each 15 s. */
function told(acts: readonly Act[], telling: Telling = {}): { readonly book: UsbBook; readonly since: number } {
  const { forMs = 10 * MINUTE, tree = () => SHOP, isHeard = true, uptimeMs } = telling;
  const lowSupply = "lowSupply" in telling ? telling.lowSupply : () => false;
  let book = NEW_USB;
  let done = -1;
  for (let at = 0; at <= forMs; at += LOOK) {
    for (const [when, ...all] of acts.filter(([one]) => one > done && one <= at)) {
      for (const happening of all) book = happened(book, happening, when);
    }
    done = at;
    const reading: UsbReading = {
      at,
      tree: tree(at),
      isHeard,
      ...(lowSupply === undefined ? {} : { lowSupply: lowSupply(at) }),
      ...(uptimeMs === undefined ? {} : { uptimeMs: uptimeMs(at) }),
    };
    book = looked(book, reading);
  }
  return { book, since: forMs - LOOK };
}

const HEARD = { events: true, kernel: true };

function judged(device: string, acts: readonly Act[], telling: Telling = {}, hearing = HEARD): UsbFound {
  const { book, since } = told(acts, telling);
  return judgeUsb(book, device, hearing, since);
}

function away(device: string, at: number, forMs: number): readonly Act[] {
  return [
    [at, { what: "gone", device }],
    [at + forMs, { what: "came", device }],
  ];
}

function times(count: number, every: number, act: (at: number) => readonly Act[]): readonly Act[] {
  return Array.from({ length: count }, (_, index) => act(MINUTE + index * every))
    .flat()
    .toSorted(([a], [b]) => a - b);
}

const emi = (device: string, at: number): Act => [at, { what: "said", device, saying: "emi" }];

/** Three of one hub. */
const atOnce = (at: number): readonly Act[] => [
  ...away("1-1.1", at, 900),
  ...away("1-1.2", at + 40, 900),
  ...away("1-1.3", at + 80, 900),
];

/** The clock that counts sleep jumps by eight hours at the fourth minute. */
const asleepForHours = (at: number): number => (at < 4 * MINUTE + 1 ? at : at + 8 * 60 * MINUTE);

/** One is given a new number each minute, four times. */
const renumbered = (at: number): UsbTree => ({
  ...SHOP,
  devices: SHOP.devices.map((one) =>
    one.name === "1-1.2" ? { ...one, number: 4 + Math.min(4, Math.floor(at / MINUTE)) } : one,
  ),
});

describe("one device", () => {
  test("that nothing befell has figures of zero and no verdict", () => {
    const { figures, verdict, risen } = judged("1-1.1", []);
    expect(figures).toMatchObject({ reconnects: 0, overCurrents: 0, emiMessages: 0 });
    expect([verdict, risen]).toEqual([undefined, false]);
  });

  test("that goes for a moment again and again, alone on its hub, is its cable or itself", () => {
    const { verdict, figures } = judged(
      "1-1.2",
      times(4, MINUTE, (at) => away("1-1.2", at, 600)),
    );
    expect(verdict).toMatchObject({ cause: "usbCable" });
    expect(verdict?.confidence).toBeGreaterThanOrEqual(0.6);
    expect(figures).toMatchObject({ reconnects: 4, withOthersOfHub: 0 });
    expect(verdict?.advice.zh).toContain("线缆");
  });

  test("with nothing beside it to compare, and no sensor, is not judged: it says what to measure", () => {
    const alone: UsbTree = { devices: [{ name: "2-1", isHub: false, identity: "d", number: 2 }], overCurrents: {} };
    const { verdict } = judged(
      "2-1",
      times(4, MINUTE, (at) => away("2-1", at, 600)),
      {
        tree: () => alone,
        lowSupply: undefined,
      },
    );
    expect(verdict).toMatchObject({ cause: "notEnoughEvidence" });
    expect(verdict?.next?.en).toContain("another port");
  });

  test("that the kernel may put to sleep is first to be kept awake", () => {
    const tree: UsbTree = {
      devices: [{ name: "2-1", isHub: false, identity: "d", number: 2, maySleep: true }],
      overCurrents: {},
    };
    const acts = times(4, MINUTE, (at) => away("2-1", at, 600));
    const { verdict } = judged("2-1", acts, { tree: () => tree, lowSupply: undefined });
    expect(verdict?.next?.en).toContain("power/control");
  });

  test("that is always away as long as its start takes restarts by itself", () => {
    const { verdict } = judged(
      "1-1.2",
      times(3, 2 * MINUTE, (at) => away("1-1.2", at, 21 * SECOND)),
    );
    expect(verdict).toMatchObject({ cause: "deviceRestarts" });
  });

  test("whose port was switched off draws too much, whether the event or the counter tells it", () => {
    const counted: UsbTree = { ...SHOP, overCurrents: { ...SHOP.overCurrents, "1-1.3": 2 } };
    const byCounter = judged("1-1.3", [], { tree: (at) => (at < MINUTE ? SHOP : counted) });
    expect(byCounter.verdict).toMatchObject({ cause: "usbPower", confidence: 0.7 });
    expect(byCounter.figures["overCurrents"]).toBe(2);
    const uncounted: UsbTree = { ...SHOP, overCurrents: {} };
    const byEvent = judged("1-1.3", [[MINUTE, { what: "overCurrent", device: "1-1.3", count: 2 }]], {
      tree: () => uncounted,
    });
    expect(byEvent.verdict).toMatchObject({ cause: "usbPower" });
  });

  test("is not counted twice when event, counter and kernel tell of the same over-current", () => {
    const counted: UsbTree = { ...SHOP, overCurrents: { ...SHOP.overCurrents, "1-1.3": 1 } };
    const acts: readonly Act[] = [
      [MINUTE - 1, { what: "overCurrent", device: "1-1.3", count: 1 }],
      [MINUTE - 1, { what: "said", device: "1-1.3", saying: "overCurrent" }],
    ];
    const { figures } = judged("1-1.3", acts, { tree: (at) => (at < MINUTE ? SHOP : counted) });
    expect(figures["overCurrents"]).toBe(1);
  });
});

describe("the kernel's own guess at interference", () => {
  const often = times(3, MINUTE, (at) => [emi("1-1.2", at), ...away("1-1.2", at + 1, 500)]);

  test("is believed where the supply is known to be good", () => {
    const { verdict, risen } = judged("1-1.2", often, { forMs: 3 * MINUTE });
    expect(verdict).toMatchObject({ cause: "usbNoise" });
    expect(verdict?.confidence).toBeGreaterThanOrEqual(0.6);
    expect(risen).toBe(true);
  });

  test("is the supply where that was low when it said so", () => {
    const { verdict } = judged("1-1.2", often, { lowSupply: () => true });
    expect(verdict).toMatchObject({ cause: "usbPower" });
    expect(verdict?.evidence).toContainEqual({ figure: "atLowSupply", value: 1, unit: "1", limit: 0.5 });
  });

  test("is not enough by itself where nothing is known of the supply", () => {
    const uncounted: UsbTree = { ...SHOP, overCurrents: {} };
    const { verdict } = judged("1-1.2", often, { tree: () => uncounted, lowSupply: undefined });
    expect(verdict).toMatchObject({ cause: "notEnoughEvidence" });
  });

  test("weighs more when in the same minute something happens behind another hub", () => {
    const both = times(3, MINUTE, (at) => [emi("1-1.2", at), emi("2-1", at + 10 * SECOND)]);
    const [alone, together] = [judged("1-1.2", often), judged("1-1.2", both)];
    expect(together.verdict).toMatchObject({ cause: "usbNoise" });
    expect(together.verdict?.confidence).toBeGreaterThan(alone.verdict?.confidence ?? 1);
  });

  test("that could not be read is not 0", () => {
    const { figures } = judged("1-1.2", [], {}, { events: true, kernel: false });
    expect(figures).not.toHaveProperty("emiMessages");
    expect(figures).toHaveProperty("reconnects", 0);
  });
});

describe("several devices of one hub at once", () => {
  test("are the hub or its supply, told at each of them", () => {
    const acts = times(3, MINUTE, atOnce);
    for (const device of ["1-1.1", "1-1.2", "1-1.3"])
      expect(judged(device, acts).verdict).toMatchObject({ cause: "usbHub" });
    expect(judged("2-1", acts).verdict).toBeUndefined();
  });

  test("are more surely so when the hub itself went", () => {
    const withHub = times(3, MINUTE, (at) => [...atOnce(at), ...away("1-1", at + 20, 300)]);
    const [without, and] = [judged("1-1.1", times(3, MINUTE, atOnce)), judged("1-1.1", withHub)];
    expect(and.verdict?.confidence).toBeGreaterThan(without.verdict?.confidence ?? 1);
  });

  test("are the machine's supply where that was low", () => {
    expect(judged("1-1.1", times(3, MINUTE, atOnce), { lowSupply: () => true }).verdict).toMatchObject({
      cause: "usbPower",
    });
  });
});

describe("no interference at all", () => {
  test("is a technician who replugs a terminal once, quickly or not, or unplugs the whole hub once", () => {
    for (const acts of [
      away("1-1.2", MINUTE, 2_500),
      away("1-1.2", MINUTE, 40 * SECOND),
      [...away("1-1.1", MINUTE, 3_000), ...away("1-1.2", MINUTE + 20, 3_000), ...away("1-1.3", MINUTE + 40, 3_000)],
    ]) {
      const { verdict, risen } = judged("1-1.2", acts, { forMs: 2 * MINUTE });
      expect(verdict).toBeUndefined();
      expect(risen).toBe(false);
    }
  });

  test("is a technician who fumbles for different times: not enough evidence, and nothing to hunt for", () => {
    const acts = [7, 31, 90].flatMap((seconds, index) => away("1-1.2", MINUTE + index * 2 * MINUTE, seconds * SECOND));
    expect(judged("1-1.2", acts).verdict).toMatchObject({ cause: "notEnoughEvidence" });
  });

  test("is a device that was taken away, and another thing in its socket", () => {
    const other: UsbTree = {
      ...SHOP,
      devices: SHOP.devices.map((one) => (one.name === "1-1.2" ? { ...one, identity: "x", number: 9 } : one)),
    };
    const { figures } = judged("1-1.2", [], { tree: (at) => (at < MINUTE ? SHOP : other), isHeard: false });
    expect(figures["reconnects"]).toBe(0);
    expect(judged("1-1.2", [[MINUTE, { what: "gone", device: "1-1.2" }]]).verdict).toBeUndefined();
  });

  test("is a machine that slept: all its devices are recognised anew when it wakes", () => {
    const acts = ["1-1.1", "1-1.2", "1-1.3", "2-1"].flatMap((device) =>
      [0, 1, 2].flatMap((turn) => away(device, 4 * MINUTE + 2_000 + turn * 3_000, 700)),
    );
    const ordered = acts.toSorted(([a], [b]) => a - b);
    expect(judged("1-1.2", ordered).verdict).toBeDefined();
    expect(judged("1-1.2", ordered, { uptimeMs: asleepForHours }).verdict).toBeUndefined();
  });

  test("is a port counter that began anew with its hub, or stood high before we came", () => {
    const high: UsbTree = { ...SHOP, overCurrents: { ...SHOP.overCurrents, "1-1.3": 7 } };
    expect(judged("1-1.3", [], { tree: (at) => (at < MINUTE ? high : SHOP) }).figures["overCurrents"]).toBe(0);
    expect(judged("1-1.3", [], { tree: () => high }).figures["overCurrents"]).toBe(0);
  });

  test("is what was an hour ago", () => {
    const acts = times(4, MINUTE, (at) => away("1-1.2", at, 600));
    expect(judged("1-1.2", acts, { forMs: 70 * MINUTE }).verdict).toBeUndefined();
  });
});

describe("while nobody hears who comes and goes", () => {
  test("the numbers of devices still tell that one was recognised anew; that there was none is not claimed", () => {
    const deaf = { events: false, kernel: false };
    expect(judged("1-1.2", [], { tree: renumbered, isHeard: false }, deaf).figures["reconnects"]).toBe(4);
    expect(judged("1-1.1", [], { tree: renumbered, isHeard: false }, deaf).figures).toEqual({});
  });
});
