import { describe, expect, test } from "vitest";
import type { StageObservation } from "../../../../src/domain/stage.ts";
import { damped, UNDAMPED } from "../../../../src/health/link/flap-damper.ts";
import { figuresOf, withLook } from "../../../../src/health/link/look-window.ts";
import { lossAtLeast } from "../../../../src/health/link/loss-bound.ts";
import { faded, isHurried, isSuspect, judge, type Judged, notJudged } from "../../../../src/health/link/stage-judge.ts";
import { seededRandom } from "../../../../src/sim/seeded-random.ts";

const RULES = { line: "wired", speed: 1 } as const;
const OK: StageObservation = { stage: "provider", via: "probe", ok: true, rttMs: 20 };
const BAD: StageObservation = { stage: "provider", via: "probe", ok: false, fault: "provider.unreachable" };

/** Looks three seconds apart. */
function after(observations: readonly StageObservation[], from: Judged = notJudged(0)): Judged {
  return observations.reduce((judged, one) => judge(judged, one, judged.seenAt + 3_000, RULES), from);
}

function many(observation: StageObservation, count: number): readonly StageObservation[] {
  return Array.from({ length: count }, () => observation);
}

describe("a stage", () => {
  test("that answered is up at once when nothing was known of it", () => {
    expect(after([OK])).toMatchObject({ state: "up" });
  });

  test("is not down for one failure or two, but is looked at sooner", () => {
    const judged = after([OK, BAD, BAD]);
    expect(judged.state).toBe("up");
    expect(isHurried(judged)).toBe(true);
  });

  test("is down after three failures in a row, with the newest fault", () => {
    const judged = after([OK, BAD, BAD, { ...BAD, fault: "provider.lossy", detail: "x" }]);
    expect(judged).toMatchObject({ state: "down", fault: "provider.lossy", detail: "x", failingSince: 6_000 });
  });

  test("whose failures are not in a row is not down", () => {
    expect(after([OK, BAD, BAD, OK, BAD, BAD, OK]).state).not.toBe("down");
  });

  test("that was down is up only after five successes in a row", () => {
    const down = after([OK, ...many(BAD, 3)]);
    expect(after(many(OK, 4), down).state).toBe("down");
    expect(after([...many(OK, 4), BAD, ...many(OK, 4)], down).state).toBe("down");
    expect(after(many(OK, 5), down).state).toBe("up");
  });

  test("is judged after an outage by what came after it, not by what the outage lost", () => {
    expect(after(many(OK, 5), after([OK, ...many(BAD, 40)]))).toMatchObject({ state: "up" });
  });

  test("that loses more than the limit is degraded until it loses less than the lower one", () => {
    const lossy = after([...many(OK, 20), BAD, OK, BAD, OK, BAD, OK, BAD, OK, BAD, OK]);
    expect(lossy).toMatchObject({ state: "degraded", fault: "provider.lossy" });
    const between = judge(lossy, OK, lossy.seenAt + 1, RULES);
    expect(between.state).toBe("degraded");
    const later = lossy.seenAt + 400_000;
    expect(many(OK, 10).reduce((judged, one, n) => judge(judged, one, later + n, RULES), lossy).state).toBe("up");
  });

  test("is not called lossy for one loss among thirty: the bound claims only what is certain", () => {
    expect(after([...many(OK, 29), BAD, OK]).state).toBe("up");
  });

  test("that has begun to lose is called so at once, however long it was well before", () => {
    const begun = after([...many(OK, 90), BAD, OK, OK, BAD, OK, OK, BAD, OK]);
    expect(begun).toMatchObject({ state: "degraded", fault: "provider.lossy" });
    expect(after([...many(OK, 90), BAD, ...many(OK, 12), BAD, OK]).state).toBe("up");
  });

  test("that has lost something is looked at closely for ten seconds, unless it is known to lose or fails on", () => {
    const lost = after([...many(OK, 30), BAD, OK]);
    expect(isSuspect(lost, lost.seenAt + 5_000, RULES)).toBe(true);
    expect(isSuspect(lost, lost.seenAt + 11_000, RULES)).toBe(false);
    expect(isSuspect(after([BAD], lost), lost.seenAt + 3_000, RULES)).toBe(false);
    expect(isSuspect(after(many(OK, 30)), 90_000, RULES)).toBe(false);
    const lossy = after([...many(OK, 30), BAD, OK, BAD, OK, BAD, OK]);
    expect(isSuspect(lossy, lossy.seenAt, RULES)).toBe(false);
  });

  test("has answered when it did, and not when somebody came to look at that", () => {
    expect(judge(notJudged(0), { ...OK, ageMs: 4_000 }, 10_000, RULES)).toMatchObject({ answeredAt: 6_000 });
  });

  test("that answers slowly is degraded; on a mobile line the same times are well", () => {
    const slow = { ...OK, rttMs: 450 };
    expect(after(many(slow, 6))).toMatchObject({ state: "degraded", fault: "provider.slow" });
    const mobile = many(slow, 6).reduce(
      (judged, one, n) => judge(judged, one, n, { line: "mobile", speed: 1 }),
      notJudged(0),
    );
    expect(mobile.state).toBe("up");
  });

  test("keeps its state between the limit that is crossed and the lower one that clears", () => {
    const slow = after(many({ ...OK, rttMs: 450 }, 6));
    const between = Array.from({ length: 200 }, () => ({ ...OK, rttMs: 250 }));
    expect(after(between, slow)).toMatchObject({ state: "degraded", fault: "provider.slow" });
    expect(after(between).state).toBe("up");
  });

  test("a connection that took more than a second counts as a lost packet", () => {
    const judged = after(many({ ...OK, rttMs: 1_050 }, 10));
    expect(judged.looks.every(({ lost }) => lost === 1)).toBe(true);
  });

  test("is lossy by what its connections had to send again, each packet counted", () => {
    const session: StageObservation = { stage: "hqTcp", via: "traffic", ok: true };
    const few = { ...session, packets: { sent: 100, lost: 1, overMs: 5_000 } };
    const much = { ...session, packets: { sent: 100, lost: 8, overMs: 5_000 } };
    expect(after(many(few, 6)).state).toBe("up");
    expect(after([...many(session, 5), much])).toMatchObject({ state: "degraded", fault: "hq.lossy" });
  });

  test("is not up, nor are its failures forgotten, because the far kernel acknowledges: the host's program may hang", () => {
    const up: StageObservation = { stage: "acquirer", via: "traffic", ok: true };
    const acknowledged: StageObservation = { ...up, isOfTheWay: true, packets: { sent: 10, lost: 0, overMs: 5_000 } };
    const silent: StageObservation = { ...up, ok: false, fault: "acquirer.silent" };
    const failing = judge(after([up, silent, silent]), acknowledged, 20_000, RULES);
    expect(failing).toMatchObject({ state: "up", failures: 2, answeredAt: 20_000 });
    const down = judge(failing, silent, 21_000, RULES);
    expect(down).toMatchObject({ state: "down", fault: "acquirer.silent" });
    const later = Array.from({ length: 8 }, () => acknowledged);
    expect(later.reduce((judged, one, n) => judge(judged, one, 22_000 + n, RULES), down).state).toBe("down");
  });

  test("whose way loses packets is lossy though every request is answered", () => {
    const up: StageObservation = { stage: "acquirer", via: "traffic", ok: true };
    const lossy: StageObservation = { ...up, isOfTheWay: true, packets: { sent: 50, lost: 6, overMs: 5_000 } };
    expect(after([...many(up, 5), lossy, lossy])).toMatchObject({ state: "degraded", fault: "acquirer.lossy" });
  });

  test("over a crowded line keeps its figures, and is down all the same when nothing answers", () => {
    const known = after(many(OK, 10));
    const crowded = after(many({ ...OK, isCrowded: true, rttMs: 900, fault: "provider.bufferbloat" }, 6), known);
    expect(crowded).toMatchObject({ state: "degraded", fault: "provider.bufferbloat" });
    expect(crowded.looks.every(({ rttMs }) => rttMs === 20)).toBe(true);
    expect(after([OK], crowded)).toMatchObject({ state: "up" });
    expect(after(many({ ...BAD, isCrowded: true }, 3), crowded)).toMatchObject({ state: "down" });
  });

  test("through which nothing passes is idle, which is neither up nor a failure", () => {
    const idle = judge(after([OK]), { ...OK, isIdle: true }, 60_000, RULES);
    expect(idle).toMatchObject({ state: "idle", failures: 0 });
    expect(idle.answeredAt).toBe(3_000);
  });

  test("that nobody looked at is unknown, without the fault that it had", () => {
    const unknown = faded(after([OK, ...many(BAD, 3)]), "unknown", 90_000);
    expect(unknown).toMatchObject({ state: "unknown", since: 90_000 });
    expect(unknown).not.toHaveProperty("fault");
  });

  test("is never down without three failures before it, whatever comes", () => {
    const random = seededRandom(11);
    let judged = notJudged(0);
    let row = 0;
    for (let n = 0; n < 5_000; n += 1) {
      const ok = random() < 0.6;
      row = ok ? 0 : row + 1;
      const before = judged.state;
      judged = judge(judged, ok ? OK : BAD, n * 1_000, RULES);
      if (judged.state === "down" && before !== "down") expect(row).toBeGreaterThanOrEqual(3);
    }
  });
});

describe("what is told of a stage that comes and goes", () => {
  test("is suppressed at the third fall within minutes, and told again an hour later", () => {
    let damper = damped(UNDAMPED, 0, true);
    damper = damped(damper, 10_000, true);
    expect(damper.isSuppressed).toBe(false);
    damper = damped(damped(damper, 20_000, true), 30_000, true);
    expect(damper.isSuppressed).toBe(true);
    expect(damped(damper, 600_000, false).isSuppressed).toBe(true);
    expect(damped(damper, 2_500_000, false).isSuppressed).toBe(false);
  });

  test("is told again an hour after the last fall at the latest, however many there were", () => {
    let damper = UNDAMPED;
    for (let n = 0; n < 500; n += 1) damper = damped(damper, n * 1_000, true);
    expect(damper.penalty).toBeLessThanOrEqual(12_000);
    expect(damped(damper, 500_000 + 3_600_000, false).isSuppressed).toBe(false);
  });

  test("says nothing of the state itself", () => {
    let judged = notJudged(0);
    for (let n = 0; n < 10; n += 1) judged = after([...many(BAD, 3), ...many(OK, 5)], judged);
    expect(judged.damper.isSuppressed).toBe(true);
    expect(judged.state).toBe("up");
    expect(after(many(BAD, 3), judged).state).toBe("down");
  });
});

describe("figures", () => {
  test("claim no more loss than the number of looks allows", () => {
    expect(lossAtLeast(1, 30)).toBeLessThan(0.01);
    expect(lossAtLeast(0, 30)).toBe(0);
    expect(lossAtLeast(300, 1_000)).toBeGreaterThan(0.27);
    for (let lost = 0; lost <= 40; lost += 1) expect(lossAtLeast(lost, 40)).toBeLessThanOrEqual(lost / 40);
  });

  test("leave out what is not known: a quantile of nothing, the jitter of one", () => {
    expect(figuresOf([])).toEqual({ looks: 0 });
    expect(figuresOf([{ at: 1, sent: 1, lost: 0, rttMs: 12 }])).not.toHaveProperty("jitterMs");
    expect(figuresOf([{ at: 1, sent: 1, lost: 1 }])).toMatchObject({ loss: 1 });
  });

  test("are over five minutes, and over a bounded number of looks", () => {
    const looks = withLook([{ at: 0, sent: 1, lost: 1 }], { at: 300_001, sent: 1, lost: 0 }, 300_000);
    expect(looks).toHaveLength(1);
    let busy = looks;
    for (let n = 0; n < 1_000; n += 1) busy = withLook(busy, { at: 300_002, sent: 1, lost: 0 }, 300_000);
    expect(busy).toHaveLength(300);
  });

  test("have the median, the 95th percentile and the mean step between neighbours", () => {
    const looks = [10, 20, 10, 20, 100].map((rttMs, at) => ({ at, sent: 1, lost: 0, rttMs }));
    expect(figuresOf(looks)).toMatchObject({ p50Ms: 20, p95Ms: 100, jitterMs: 27.5, loss: 0 });
  });
});
