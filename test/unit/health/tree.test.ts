import { instant } from "../../../src/domain/clock.ts";
import { describe, expect, it } from "vitest";
import { aMeasure, NOTHING_AT_RISK } from "../../support/exposures.ts";
import { type HealthFacts, healthTree, withSince } from "../../../src/health/tree.ts";

const KEEPING = { held: 0, notRecorded: 0 };

const DELIVERING = { confirm: "receipt", drain: { perS: 0 } } as const;

const ROOMY: HealthFacts["storage"] = {
  level: "ok",
  ballast: "whole",
  used: 10e6,
  quota: 256e6,
  free: 8e9,
  writtenPerDay: 50e6,
};

const GOOD_LINE: HealthFacts["link"] = {
  verdict: { since: instant(0), reason: { en: "well", zh: "正常" }, advice: { en: "", zh: "" } },
  stages: [{ stage: "router", state: "up", since: instant(0), looks: 9, downsLastHour: 0 }],
};

const WELL: HealthFacts = {
  ledger: { ...KEEPING, answers: true, commitP99Ms: 2 },
  ledgerFile: { integrity: { state: "pass" }, quarantined: 0 },
  storage: ROOMY,
  uplink: { ...DELIVERING, connected: true, hqOnline: true, unconfirmed: 0, identityShared: false },
  parked: 0,
  acquirers: [
    { acquirer: "one", listening: true, unreachable: [], silent: [] },
    { acquirer: "two", listening: true, unreachable: [], silent: [] },
  ],
  terminals: [],
  readers: [],
  clockSynced: true,
  clockIsPlausible: true,
  exposure: { now: NOTHING_AT_RISK },
  link: GOOD_LINE,
  channels: [],
  machine: new Map(),
  certificates: [],
};

function statusOf(facts: Partial<HealthFacts>): string {
  return healthTree({ ...WELL, ...facts }).status;
}

function reasonWith(drainedInS?: number): string | undefined {
  const drain = drainedInS === undefined ? { perS: 50 } : { perS: 50, drainedInS };
  const { parts = [] } = healthTree({ ...WELL, uplink: { ...WELL.uplink, unconfirmed: 9, drain } });
  return parts.find(({ name }) => name === "headquarters")?.reason;
}

describe("the health tree", () => {
  it("passes when every part does", () => {
    expect(statusOf({})).toBe("pass");
  });

  it("fails when nothing can be recorded or no acquirer can be reached", () => {
    expect(statusOf({ ledger: { ...KEEPING, answers: false } })).toBe("fail");
    expect(
      statusOf({ ledger: { ...KEEPING, answers: true, failure: { code: "store.full", remedy: "free space" } } }),
    ).toBe("fail");
    expect(statusOf({ acquirers: [{ acquirer: "one", listening: false, unreachable: [], silent: [] }] })).toBe("fail");
  });

  it("only warns while sales go on: one acquirer of two, headquarters, a slow disk, the clock", () => {
    const [one, two] = WELL.acquirers;
    expect(
      statusOf({
        acquirers: [
          { acquirer: "one", listening: false, unreachable: [], silent: [] },
          ...(two === undefined ? [] : [two]),
        ],
      }),
    ).toBe("warn");
    expect(one?.listening).toBe(true);
    expect(
      statusOf({ uplink: { ...DELIVERING, connected: false, hqOnline: false, unconfirmed: 9, identityShared: false } }),
    ).toBe("warn");
    expect(
      statusOf({ uplink: { ...DELIVERING, connected: true, hqOnline: false, unconfirmed: 9, identityShared: false } }),
    ).toBe("warn");
    expect(statusOf({ ledger: { ...KEEPING, answers: true, commitP99Ms: 400 } })).toBe("warn");
    expect(statusOf({ clockSynced: false })).toBe("warn");
    expect(statusOf({ clockSynced: false, clockIsPlausible: false })).toBe("warn");
  });

  it("warns while a backup route carries, and says which line to look at", () => {
    const backup = { inUse: "lte", preferred: "dsl" };
    const { status, parts } = healthTree({ ...WELL, uplink: { ...WELL.uplink, backup } });
    expect(status).toBe("warn");
    expect(parts?.find(({ name }) => name === "headquarters")?.reason).toBe("route lte is in use instead of dsl");
  });

  it("says that another gateway uses this identity, whatever else is well", () => {
    const { status, parts } = healthTree({ ...WELL, uplink: { ...WELL.uplink, identityShared: true } });
    expect(status).toBe("warn");
    const node = parts?.find(({ name }) => name === "headquarters");
    expect(node?.status).toBe("fail");
    expect(node?.reason).toContain("another gateway uses this identity");
  });

  it("says aloud that the broker's word is all that is waited for, and passes without headquarters then", () => {
    const uplink = { ...WELL.uplink, hqOnline: false, confirm: "broker" } as const;
    const { parts = [] } = healthTree({ ...WELL, uplink });
    const node = parts.find(({ name }) => name === "headquarters");
    expect(node?.status).toBe("pass");
    expect(node?.reason).toContain("confirm: broker: a record counts as delivered when the broker has it");
  });

  it("says when what waits will be sent, where that is worth a word", () => {
    expect(reasonWith(80.2)).toBe("what waits is sent in about 81 s, at 50 records a second");
    expect(reasonWith(600)).toContain("about 10 min");
    expect(reasonWith(86_400)).toContain("about 24 h");
    expect(reasonWith(2)).toBeUndefined();
    expect(reasonWith()).toBeUndefined();
  });

  it("warns of records that the broker cannot be given, and says how to look at them", () => {
    const { status, parts = [] } = healthTree({ ...WELL, parked: 3 });
    expect(status).toBe("warn");
    const node = parts.find(({ name }) => name === "parked");
    expect(node).toMatchObject({
      observedValue: 3,
      reason: "3 records cannot be given to the broker; headquarters is told so",
    });
    expect(node?.advice).toContain("tillgate journal parked");
  });

  it("only warns of the ledger's file, and never says that it is well before it was looked at", () => {
    const { ledgerFile } = WELL;
    expect(statusOf({ ledgerFile: { ...ledgerFile, noWalBecause: "no shared memory" } })).toBe("warn");
    expect(statusOf({ ledgerFile: { ...ledgerFile, integrity: { state: "unknown" } } })).toBe("unknown");
    expect(statusOf({ ledgerFile: { ...ledgerFile, integrity: { state: "damaged", found: "record 7: hash" } } })).toBe(
      "warn",
    );
    expect(statusOf({ ledgerFile: { ...ledgerFile, reopening: "headquarters holds more" } })).toBe("warn");
    expect(statusOf({ ledgerFile: { ...ledgerFile, quarantined: 1 } })).toBe("warn");
  });

  it("says of everything that is not well what to do", () => {
    const { parts = [] } = healthTree({
      ledger: { ...KEEPING, answers: false },
      uplink: {
        ...DELIVERING,
        connected: false,
        hqOnline: false,
        unconfirmed: 1,
        identityShared: false,
        lastError: "refused",
      },
      ledgerFile: {
        integrity: { state: "damaged", found: "record 7: hash" },
        quarantined: 1,
        noWalBecause: "no memory",
      },
      parked: 2,
      channels: [],
      machine: new Map(),
      certificates: [],
      link: {
        verdict: {
          stage: "provider",
          fault: "provider.unreachable",
          since: instant(0),
          reason: { en: "the internet does not answer", zh: "互联网不通" },
          advice: { en: "call the provider", zh: "致电运营商" },
        },
        stages: [],
      },
      terminals: [],
      readers: [],
      acquirers: [{ acquirer: "one", listening: false, unreachable: [], silent: [] }],
      storage: { ...ROOMY, level: "warn", writtenPerDay: 3e9 },
      clockSynced: false,
      clockIsPlausible: false,
      exposure: { now: { ...NOTHING_AT_RISK, reversalAbandoned: aMeasure(0) } },
    });
    for (const part of parts.filter(({ status }) => status !== "pass")) expect(part.advice ?? "").not.toBe("");
  });

  it("says how many records wait in memory, and that the power must stay on", () => {
    const failure = { code: "store.full", remedy: "Free space." };
    const { parts = [] } = healthTree({ ...WELL, ledger: { answers: true, held: 12, notRecorded: 3, failure } });
    expect(parts.find(({ name }) => name === "ledger")).toMatchObject({
      status: "fail",
      observedValue: 12,
      reason: "store.full; 12 records wait in memory, and are lost when the power goes; 3 more could not be kept",
      advice: "Do not switch off. Free space.",
    });
  });

  it.each([
    ["ok", "whole", "pass", "pass"],
    ["ok", "none", "pass", "pass"],
    ["warn", "whole", "warn", "warn"],
    ["critical", "whole", "warn", "warn"],
    ["full", "whole", "fail", "warn"],
    ["ok", "released", "fail", "warn"],
  ] as const)(
    "with space that is %s and the reserve %s, storage is %s and the gateway %s",
    (level, ballast, is, all) => {
      const tree = healthTree({ ...WELL, storage: { ...ROOMY, level, ballast } });
      expect(tree.parts?.find(({ name }) => name === "storage")?.status).toBe(is);
      expect(tree.status, "the relay goes on").toBe(all);
    },
  );

  it("warns of a card that is worn out early, with the figure", () => {
    const tree = healthTree({ ...WELL, storage: { ...ROOMY, writtenPerDay: 2.5e9 } });
    const wear = tree.parts?.find(({ name }) => name === "storage")?.parts?.find(({ name }) => name === "wear");
    expect(wear).toMatchObject({ status: "warn", observedValue: 2.5e9, observedUnit: "bytes/day" });
    expect(wear?.reason).toContain("2.5 GB");
  });

  it("keeps since when a status has been what it is, and dates a change anew", () => {
    const first = withSince(healthTree(WELL), undefined, "2026-01-01T00:00:00.000Z");
    const second = withSince(healthTree({ ...WELL, clockSynced: false }), first, "2026-01-01T00:01:00.000Z");
    const since = (name: string): string | undefined => second.parts?.find((part) => part.name === name)?.since;
    expect(since("ledger")).toBe("2026-01-01T00:00:00.000Z");
    expect(since("clock")).toBe("2026-01-01T00:01:00.000Z");
    expect(second.since).toBe("2026-01-01T00:01:00.000Z");
  });
});
