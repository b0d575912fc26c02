import { describe, expect, it } from "vitest";
import { instant } from "../../../src/domain/clock.ts";
import type { DeviceCondition, DeviceErrorCode, DeviceRecovery } from "../../../src/domain/device.ts";
import { deadlineOf, step } from "../../../src/terminals/supervision/machine.ts";
import { DEFAULT_POLICY, type SupervisionPolicy } from "../../../src/terminals/supervision/policy.ts";
import {
  beginSupervision,
  type Known,
  type Supervision,
  type SupervisionEffect,
  type SupervisionInput,
} from "../../../src/terminals/supervision/state.ts";

const WALL = Date.parse("2026-03-02T08:00:00.000Z");
const READY: DeviceCondition = { state: "ready" };

/** One terminal's supervision, told input by input. */
class Story {
  readonly policy: SupervisionPolicy;
  recoveries = new Set<DeviceRecovery>(["initialise", "setClock", "reset"]);
  state: Supervision;
  effects: readonly SupervisionEffect[] = [];
  readonly records: Extract<SupervisionEffect, { type: "record" }>["body"][] = [];
  ms = 0;
  random = 0.5;

  constructor(policy: Partial<SupervisionPolicy> = {}, known: Known = { pauses: [] }) {
    this.policy = { ...DEFAULT_POLICY, ...policy };
    this.state = beginSupervision(known, this.now);
  }

  get now() {
    return { monotonicMs: this.ms, at: instant(WALL + this.ms), random: this.random };
  }

  get did(): readonly string[] {
    return this.effects.map((effect) => (effect.type === "recover" ? `recover ${effect.step}` : effect.type));
  }

  take(input: SupervisionInput): this {
    const { state, effects } = step(this.state, input, this.policy, this.now);
    this.state = state;
    this.effects = effects.filter(({ type }) => type !== "record");
    for (const effect of effects) if (effect.type === "record") this.records.push(effect.body);
    return this;
  }

  /** Waits for its own deadline. */
  next(): this {
    this.ms = Math.max(this.ms, deadlineOf(this.state, this.now) ?? this.ms);
    return this.take({ type: "tick" });
  }

  after(ms: number): this {
    this.ms += ms;
    return this;
  }

  opened(serial = "SN-1"): this {
    return this.next().take({ type: "opened", identity: { serial }, recoveries: this.recoveries });
  }

  answers(condition: DeviceCondition = READY): this {
    return this.take({ type: "polled", condition, recoveries: this.recoveries });
  }

  silent(code: DeviceErrorCode = "silent"): this {
    return this.take({ type: "missed", code });
  }

  ready(): this {
    return this.opened().next().answers();
  }

  changes(): readonly string[] {
    return this.records
      .filter(({ event }) => event === "stateChanged")
      .map(({ detail = {} }) => `${String(detail["from"])}>${String(detail["to"])}`);
  }
}

describe("a terminal's supervision", () => {
  it("connects, asks, and is ready; then it is asked again once an interval while nobody uses it", () => {
    const story = new Story();
    expect(story.next().did).toEqual(["open"]);
    story.take({ type: "opened", identity: { serial: "SN-1" }, recoveries: story.recoveries });
    expect(story.next().did).toEqual(["poll"]);
    expect(story.answers().state.shown).toEqual({ state: "ready", reason: "" });
    const before = story.ms;
    expect(story.next().did).toEqual(["poll"]);
    expect(story.ms - before).toBe(10_000);
    expect(story.changes()).toEqual(["connecting>ready"]);
  });

  it("spreads the heartbeats of many terminals by a tenth either way", () => {
    const delays = [0, 0.999].map((random) => {
      const story = new Story();
      story.random = random;
      story.ready();
      return Math.round((deadlineOf(story.state, story.now) ?? 0) - story.ms);
    });
    expect(delays).toEqual([9_000, 10_998]);
  });

  it("repeats the question after one miss, is unknown after two, offline after four", () => {
    const story = new Story().ready().next().silent();
    expect(story.state.shown.state).toBe("ready");
    expect(story.next().did).toEqual(["poll"]);
    expect(story.silent().did).toEqual(["close"]);
    expect(story.state.shown.state).toBe("unknown");
    expect(story.next().did).toEqual(["open"]);
    story.take({ type: "openFailed", code: "silent" });
    expect(story.state.shown.state).toBe("unknown");
    story.next().take({ type: "openFailed", code: "silent" });
    expect(story.state.shown).toEqual({ state: "offline", reason: "silent" });
    expect(story.changes()).toEqual(["connecting>ready", "ready>unknown", "unknown>offline"]);
  });

  it("counts misses on through links that open and then bring no answer", () => {
    const story = new Story();
    story.recoveries.clear();
    story.ready().next().silent().next().silent();
    story.opened().next().silent().opened().next().silent();
    expect(story.state.shown.state).toBe("offline");
  });

  it("opens anew with growing delays between half a second and thirty seconds", () => {
    const story = new Story().ready().take({ type: "lost", code: "linkLost" });
    story.random = 0.999;
    const delays: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const before = story.ms;
      story.next();
      delays.push(story.ms - before);
      story.take({ type: "openFailed", code: "unreachable" });
    }
    expect(delays[1]).toBeGreaterThan(delays[0] ?? 0);
    expect(delays[2]).toBeGreaterThan(delays[1] ?? 0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(30_000);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(500);
    expect(delays.at(-1)).toBeGreaterThan(29_000);
  });

  it("forgets its troubles, and the delays, only after it has been well for a minute", () => {
    const story = new Story().ready();
    for (let round = 0; round < 5; round += 1) {
      story.take({ type: "lost", code: "linkLost" }).ready();
    }
    expect(story.state.ladder.reopens).toBe(5);
    expect(story.state.troubled).toBe(true);
    while (story.state.troubled) story.next().answers();
    expect(story.state.ladder.reopens).toBe(0);
    expect(story.ms).toBeGreaterThan(60_000);
  });

  it("is offline at once where waiting is of no use", () => {
    const story = new Story().next().take({ type: "openFailed", code: "absent" });
    expect(story.state.shown).toEqual({ state: "offline", reason: "absent" });
  });

  it("is idle, and never offline by silence, where nothing may be asked", () => {
    const story = new Story({ heartbeatMs: 0 }).opened();
    expect(story.state.shown.state).toBe("idle");
    for (let round = 0; round < 5; round += 1) story.after(60_000).next();
    expect(story.state.shown.state).toBe("idle");
    expect(story.did).toEqual([]);
  });
});

/** When the driver was made anew, within two hours of a link that cannot be opened. ms. */
function restarts(code: DeviceErrorCode): readonly number[] {
  const story = new Story().ready().take({ type: "lost", code });
  const at: number[] = [];
  while (story.ms < 7_200_000) {
    story.next();
    if (!story.did.includes("open")) continue;
    story.take({ type: "openFailed", code });
    if (story.did.includes("restart")) at.push(story.ms);
  }
  return at;
}

describe("the recovery ladder", () => {
  it("takes the step that the terminal asks for, at most three times, with growing pauses", () => {
    const asks: DeviceCondition = {
      state: "attention",
      code: "51",
      reason: "initialisationRequired",
      remedy: "initialise",
    };
    const story = new Story().opened().next().answers(asks);
    expect(story.did).toEqual(["recover initialise"]);
    expect(story.state.shown).toEqual({ state: "degraded", reason: "initialisationRequired" });
    const at: number[] = [];
    for (let round = 0; round < 60; round += 1) {
      if (story.did.includes("recover initialise")) {
        at.push(story.ms);
        story.take({ type: "recovered", worked: false });
      }
      story.next().answers(asks);
    }
    expect(at).toHaveLength(3);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(60_000);
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBeGreaterThanOrEqual(60_000);
  });

  it("takes no step that the driver does not have, and none that people must take", () => {
    for (const remedy of ["diagnose", "technician", "softwareUpdate", "settle"] as const) {
      const story = new Story().opened().next().answers({ state: "attention", remedy });
      expect(story.did, remedy).toEqual([]);
    }
  });

  it("closes the batch only where the config allows it, and not again for a quarter of an hour", () => {
    const asks: DeviceCondition = { state: "attention", reason: "settlementRequired", remedy: "settle" };
    const story = new Story({ autoSettle: true }).opened().next().answers(asks);
    expect(story.did).toEqual(["settle"]);
    let settled = 0;
    const end = story.ms + 900_000;
    while (story.ms < end - 20_000) {
      story.next().answers(asks);
      settled += story.did.filter((one) => one === "settle").length;
    }
    expect(settled).toBe(0);
    story.after(30_000).next().answers(asks);
    expect(story.did).toEqual(["settle"]);
  });

  it("resets a terminal whose links open and bring no answer", () => {
    const story = new Story().ready().next().silent().next().silent();
    story.opened().next().silent().opened();
    expect(story.did).toEqual(["recover reset"]);
  });

  it("makes the driver anew after six links in vain, then ever more seldom; not where the fault lies in front of it", () => {
    const silent = restarts("silent");
    expect(silent.length).toBeGreaterThanOrEqual(4);
    expect(silent.length).toBeLessThanOrEqual(6);
    const pauses = silent.slice(1).map((at, index) => at - (silent[index] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(300_000);
    expect(pauses.at(-1)).toBeGreaterThan(2 * (pauses[0] ?? 0));
    expect(restarts("absent")).toEqual([]);
  });

  it("makes another driver at once where one throws or hangs, with the same growing delays", () => {
    const story = new Story().next().take({ type: "broken", code: "crashed" });
    expect(story.did).toEqual(["close", "restart"]);
    const delays: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const before = story.ms;
      story.next().take({ type: "broken", code: "crashed" });
      delays.push(story.ms - before);
    }
    expect(delays.at(-1)).toBeGreaterThan(10 * (delays[0] ?? 0));
  });
});

describe("who answers", () => {
  it("is remembered the first time, and told again only when it has changed", () => {
    const story = new Story().ready().take({ type: "lost", code: "linkLost" }).ready();
    expect(story.records.filter(({ event }) => event === "identified").map(({ detail }) => detail)).toEqual([
      { accepted: true, serial: "SN-1" },
    ]);
  });

  it("gets no money when it is another than was meant, until somebody confirms it", () => {
    const story = new Story().ready().take({ type: "lost", code: "linkLost" }).opened("SN-2");
    expect(story.state.shown).toEqual({ state: "disabled", reason: "wrongTerminal" });
    expect(story.did).toEqual(["close"]);
    expect(story.records.at(-2)?.detail).toMatchObject({ accepted: false, serial: "SN-2", expectedSerial: "SN-1" });
    story.opened("SN-2");
    expect(story.state.shown.state).toBe("disabled");
    expect(story.records.filter(({ event }) => event === "identified")).toHaveLength(2);
    story.take({ type: "confirmed", who: "Li", reason: "new terminal" });
    expect(story.records.at(-2)?.detail).toMatchObject({ accepted: true, serial: "SN-2", who: "Li" });
    story.opened("SN-2").next().answers();
    expect(story.state.shown.state).toBe("ready");
  });

  it("is told by a driver that turned it away by itself", () => {
    const story = new Story().next().take({ type: "openFailed", code: "wrongTerminal", found: "SN-7" });
    expect(story.state.shown).toEqual({ state: "disabled", reason: "wrongTerminal" });
    expect(story.records.find(({ event }) => event === "identified")?.detail).toEqual({
      accepted: false,
      found: "SN-7",
    });
  });

  it("may be written with the zeros before its number, or without", () => {
    const story = new Story({}, { pauses: [], expected: { terminalNumber: "12345" } });
    story.next().take({ type: "opened", identity: { terminalNumber: "00012345" }, recoveries: story.recoveries });
    expect(story.state.stranger).toBeUndefined();
  });

  it("is put right by the plugs being swapped back", () => {
    const story = new Story({}, { pauses: [], expected: { serial: "SN-1" } }).opened("SN-2").opened("SN-1");
    expect(story.state.stranger).toBeUndefined();
    expect(story.next().answers().state.shown.state).toBe("ready");
  });
});

describe("an answer", () => {
  it("that is a refusal is an answer all the same", () => {
    const story = new Story().ready();
    for (let round = 0; round < 5; round += 1) story.next().silent("refused");
    expect(story.state.shown).toEqual({ state: "degraded", reason: "refused" });
    expect(story.state.misses).toBe(0);
  });

  it("is not called ready where a terminal may only be listened to", () => {
    const story = new Story().opened().next().answers({ state: "ready", reason: "onlyObserved" });
    expect(story.state.shown).toEqual({ state: "idle", reason: "onlyObserved" });
    expect(story.next().silent("notSupported").state.shown.state).toBe("idle");
  });

  it("that comes after its link was lost says nothing of the next one", () => {
    const story = new Story().ready().next().take({ type: "lost", code: "linkLost" });
    const { state } = story;
    for (const late of [
      { type: "polled", condition: READY, recoveries: story.recoveries },
      { type: "missed", code: "silent" },
      { type: "recovered", worked: true },
      { type: "pollDropped" },
    ] as const) {
      story.take(late);
      expect(story.state, late.type).toEqual(state);
    }
  });
});

describe("a terminal in use", () => {
  it("is busy, is not asked meanwhile, and is asked soon afterwards", () => {
    const story = new Story().ready().take({ type: "claimed", claim: "order" });
    expect(story.state.shown).toEqual({ state: "busy", reason: "payment" });
    expect(deadlineOf(story.state, story.now)).toBeUndefined();
    story.after(40_000).take({ type: "released" });
    expect(story.state.shown.state).toBe("ready");
    const before = story.ms;
    expect(story.next().did).toEqual(["poll"]);
    expect(story.ms - before).toBe(1_000);
    expect(story.changes()).toEqual(["connecting>ready"]);
  });

  it("keeps a link that was lost until its user is done", () => {
    const story = new Story()
      .ready()
      .take({ type: "claimed", claim: "order" })
      .take({ type: "lost", code: "linkLost" });
    expect(story.did).toEqual([]);
    expect(story.take({ type: "released" }).did).toEqual(["close"]);
    expect(story.next().did).toEqual(["open"]);
  });
});

describe("a pause", () => {
  it("holds the terminal back until it is ended, with reason and person, and is watched over meanwhile", () => {
    const story = new Story().ready();
    story.take({ type: "paused", pause: { by: "technician", who: "Li", reason: "keypad broken" } });
    expect(story.state.shown).toEqual({ state: "paused", reason: "paused" });
    expect(story.next().did).toEqual(["poll"]);
    story.answers().take({ type: "resumed", by: "technician", who: "Li", reason: "mended" });
    expect(story.state.shown.state).toBe("ready");
  });

  it("ends by itself at its time", () => {
    const story = new Story().ready();
    const until = instant(story.now.at + 5_000);
    story.take({ type: "paused", pause: { by: "hq", who: "ops", reason: "software update", until } });
    story.next();
    expect(story.ms).toBeGreaterThanOrEqual(5_000);
    expect(story.state.shown.state).toBe("ready");
    expect(story.records.find(({ event }) => event === "resumed")?.detail).toMatchObject({ by: "hq", ended: true });
  });

  it("of a person is not ended by a rule, and the config's by nobody", () => {
    const story = new Story({}, { pauses: [{ by: "config", who: "config", reason: "spare" }] }).ready();
    story.take({ type: "paused", pause: { by: "technician", who: "Li", reason: "keypad" } });
    story.take({ type: "paused", pause: { by: "rule", who: "velocity", reason: "too fast" } });
    story.take({ type: "resumed", by: "rule", who: "velocity", reason: "over" });
    expect(story.state.pauses.map(({ by }) => by)).toEqual(["config", "technician"]);
    story.take({ type: "resumed", by: "hq", who: "ops", reason: "over" });
    expect(story.state.pauses.map(({ by }) => by)).toEqual(["config"]);
  });
});

describe("a terminal that flaps", () => {
  it("does not flood the ledger, and the ledger learns how it is in the end and how often it changed", () => {
    const story = new Story();
    for (let round = 0; round < 500; round += 1) {
      story.ready().take({ type: "lost", code: "linkLost" });
      story.after(2_000);
    }
    const flapped = story.records.filter(({ event }) => event === "stateChanged").length;
    expect(flapped).toBeLessThan(6 + story.ms / 300_000 + 1);
    story.ready();
    for (let round = 0; round < 60; round += 1) story.next().answers();
    expect(story.records.filter(({ event }) => event === "stateChanged").at(-1)?.detail).toMatchObject({ to: "ready" });
    const suppressed = story.records.reduce((sum, { detail = {} }) => sum + Number(detail["suppressed"] ?? 0), 0);
    expect(suppressed).toBeGreaterThan(900);
  });
});
