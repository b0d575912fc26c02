import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instant } from "../../../src/domain/clock.ts";
import { DEVICE_ERROR_CODES, DEVICE_RECOVERIES } from "../../../src/domain/device.ts";
import { TERMINAL_STATES } from "../../../src/domain/terminal.ts";
import { PAUSED_BY } from "../../../src/terminals/pause.ts";
import { deadlineOf, step } from "../../../src/terminals/supervision/machine.ts";
import { DEFAULT_POLICY } from "../../../src/terminals/supervision/policy.ts";
import { refusalOf } from "../../../src/terminals/supervision/refusal.ts";
import { beginSupervision, type Now, type SupervisionInput } from "../../../src/terminals/supervision/state.ts";

const WALL = Date.parse("2026-03-02T08:00:00.000Z");

const recoveries = fc.subarray([...DEVICE_RECOVERIES]).map((all) => new Set(all));
const condition = fc.record(
  {
    state: fc.constantFrom("ready", "wait", "attention", "fault"),
    reason: fc.constantFrom("onlyObserved", "printerNotReady"),
    remedy: fc.constantFrom(...DEVICE_RECOVERIES, "settle", "wait", "technician"),
  },
  { requiredKeys: ["state"] },
);
const code = fc.constantFrom(...DEVICE_ERROR_CODES);
const words = { who: fc.constant("Li"), reason: fc.constant("x") };
const identity = fc.record({ serial: fc.constantFrom("SN-1", "SN-2") }, { requiredKeys: [] });

const input: fc.Arbitrary<SupervisionInput> = fc.oneof(
  fc.record({ type: fc.constant("opened"), identity, recoveries }),
  fc.record({ type: fc.constant("openFailed"), code }),
  fc.record({ type: fc.constant("lost"), code }),
  fc.record({ type: fc.constant("polled"), condition, recoveries }),
  fc.record({ type: fc.constant("missed"), code }),
  fc.record({ type: fc.constantFrom("pollDropped", "released", "reinstated", "tick") }),
  fc.record({ type: fc.constant("told"), condition }),
  fc.record({ type: fc.constant("recovered"), worked: fc.boolean() }),
  fc.record({ type: fc.constant("broken"), code: fc.constantFrom("crashed", "hung") }),
  fc.record({ type: fc.constant("claimed"), claim: fc.constantFrom("order", "ask") }),
  fc.record({ type: fc.constant("paused"), pause: fc.record({ by: fc.constantFrom(...PAUSED_BY), ...words }) }),
  fc.record({ type: fc.constant("resumed"), by: fc.constantFrom(...PAUSED_BY), ...words }),
  fc.record({ type: fc.constant("confirmed"), ...words }),
  fc.record({ type: fc.constant("replaced"), by: fc.constant("till-2") }),
);

describe("a terminal's supervision, whatever comes in whatever order", () => {
  it("never asks over a link that is lent out or closed, never opens twice, and never turns without time passing", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(input, fc.integer({ min: 0, max: 60_000 })), { maxLength: 80 }),
        fc.boolean(),
        fc.constantFrom(0, 10_000),
        (story, autoSettle, heartbeatMs) => {
          const policy = { ...DEFAULT_POLICY, autoSettle, heartbeatMs };
          let now: Now = { monotonicMs: 0, at: instant(WALL), random: 0.5 };
          let state = beginSupervision({ pauses: [] }, now);
          const take = (one: SupervisionInput): void => {
            const before = state;
            // Nobody claims what was refused: the supervisor asks first.
            if (one.type === "claimed" && refusalOf(before, one.claim, policy) !== undefined) return;
            const { state: after, effects } = step(before, one, policy, now);
            state = after;
            expect(TERMINAL_STATES).toContain(after.shown.state);
            for (const { type } of effects) {
              if (type === "open") expect(before.link).toBe("closed");
              if (type === "poll" || type === "recover") {
                expect([after.link, after.claim]).toEqual(["open", undefined]);
              }
              if (type === "settle") expect(autoSettle).toBe(true);
            }
          };
          for (const [one, ms] of story) {
            take(one);
            for (let turns = 0; (deadlineOf(state, now) ?? Infinity) <= now.monotonicMs; turns += 1) {
              expect(turns).toBeLessThan(3);
              take({ type: "tick" });
            }
            now = { monotonicMs: now.monotonicMs + ms, at: instant(now.at + ms), random: 0.5 };
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
