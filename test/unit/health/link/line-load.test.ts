import { describe, expect, test } from "vitest";
import type { StageObservation } from "../../../../src/domain/stage.ts";
import { LineLoad } from "../../../../src/health/link/line-load.ts";

const SEEN = { stage: "provider", subject: "203.0.113.1:443", via: "probe", ok: true } as const;
const BUSY = 100_000;

/** A minute of an idle line, a look every five seconds. */
function idle(rttMs: number): LineLoad {
  const load = new LineLoad(1);
  for (let at = 0; at < 60_000; at += 5_000) {
    load.noteRate(200, at);
    load.note({ ...SEEN, rttMs: rttMs + (at % 3) }, at);
  }
  return load;
}

/** As many looks at so much load, from a minute on. @returns when the last was. */
function looks(load: LineLoad, times: readonly number[], bytesPerS: number, from = 60_000): number {
  let at = from;
  for (const rttMs of times) {
    at += 5_000;
    load.noteRate(bytesPerS, at);
    load.note({ ...SEEN, rttMs }, at);
  }
  return at;
}

describe("a line", () => {
  test("whose answers take long since its own traffic began is full", () => {
    const load = idle(20);
    const at = looks(load, [150, 180, 160], BUSY);
    expect(load.isFull(at)).toBe(true);
  });

  test("is not full before it has been so for three looks", () => {
    const load = idle(20);
    expect(load.isFull(looks(load, [300, 300], BUSY))).toBe(false);
  });

  test("that is used and stays quick is not full", () => {
    const load = idle(20);
    const at = looks(load, [25, 30, 24, 28], BUSY);
    expect([load.isBusy(at), load.isFull(at)]).toEqual([true, false]);
  });

  test("that is slow without traffic of ours is not full by it: somebody else's trouble", () => {
    const load = idle(20);
    expect(load.isFull(looks(load, [400, 400, 400, 400], 500))).toBe(false);
  });

  test("that was as slow before is not full by what began now", () => {
    const load = idle(400);
    expect(load.isFull(looks(load, [410, 420, 405, 415], BUSY))).toBe(false);
  });

  test("of which nothing is known from before is not called full", () => {
    const load = new LineLoad(1);
    expect(load.isFull(looks(load, [400, 400, 400, 400], BUSY))).toBe(false);
  });

  test("is not full any more ten seconds after the traffic has ended", () => {
    const load = idle(20);
    const at = looks(load, [150, 180, 160], BUSY);
    expect(load.isFull(at + 9_000)).toBe(true);
    expect(load.isFull(at + 11_000)).toBe(false);
  });

  test("stays full until answers are nearly as quick as on the idle line", () => {
    const load = idle(20);
    const at = looks(load, [150, 180, 160], BUSY);
    expect(load.isFull(at)).toBe(true);
    expect(load.isFull(looks(load, [65, 65, 65, 65, 65], BUSY, at))).toBe(true);
    const calm = looks(load, [40, 40, 40, 40, 40], BUSY, at + 25_000);
    expect(load.isFull(calm)).toBe(false);
  });

  test("measures no peer against another: the far one is far", () => {
    const load = idle(20);
    let at = 60_000;
    for (let n = 0; n < 4; n += 1) {
      at += 5_000;
      load.noteRate(BUSY, at);
      load.note({ ...SEEN, subject: "198.51.100.1:443", rttMs: 250 }, at);
    }
    expect(load.isFull(at)).toBe(false);
  });
});

describe("what is seen", () => {
  const packets = { sent: 100, lost: 10, overMs: 5_000 };
  const session: StageObservation = {
    stage: "hqTcp",
    subject: "hq:8883",
    via: "traffic",
    ok: true,
    rttMs: 300,
    packets,
  };

  test("over a full line tells that the shop's own traffic fills it, and nothing of loss or time", () => {
    const load = idle(20);
    const at = looks(load, [150, 180, 160], BUSY);
    expect(load.through({ ...SEEN, rttMs: 160 }, at)).toEqual({
      ...SEEN,
      isCrowded: true,
      fault: "provider.bufferbloat",
    });
    expect(load.through(session, at)).not.toHaveProperty("packets");
    expect(load.through({ ...SEEN, stage: "acquirer", rttMs: 6_000 }, at)).toEqual({
      ...SEEN,
      stage: "acquirer",
      isCrowded: true,
    });
  });

  test("over a full line still fails where nothing answers", () => {
    const load = idle(20);
    const at = looks(load, [150, 180, 160], BUSY);
    const silent: StageObservation = { ...SEEN, ok: false, fault: "provider.unreachable" };
    expect(load.through(silent, at)).toMatchObject({ ok: false, fault: "provider.unreachable" });
  });

  test("of the shop's own side has nothing to do with a full line", () => {
    const load = idle(20);
    const at = looks(load, [150, 180, 160], BUSY);
    const router: StageObservation = { stage: "router", via: "probe", ok: true, rttMs: 3 };
    expect(load.through(router, at)).toBe(router);
  });

  test("of a connection while much is sent says nothing of loss: a sender loses packets to find the line's limit", () => {
    const load = idle(20);
    load.noteRate(BUSY, 61_000);
    expect(load.through(session, 61_000)).toEqual({ stage: "hqTcp", subject: "hq:8883", via: "traffic", ok: true });
  });

  test("of a connection during an outage is the outage's loss, and later it is the line's", () => {
    const load = idle(20);
    load.note({ ...SEEN, ok: false }, 61_000);
    expect(load.through(session, 64_000)).not.toHaveProperty("packets");
    expect(load.through(session, 67_000)).toBe(session);
  });

  test("of a connection counts as ever while one anchor of two is dead, or a terminal's power is off", () => {
    const load = idle(20);
    load.note({ ...SEEN, subject: "198.51.100.1:443", ok: false }, 61_000);
    load.note({ stage: "terminals", subject: "T1", via: "probe", ok: false }, 61_000);
    expect(load.through(session, 62_000)).toBe(session);
  });

  test("of a line that is used and not full is judged as ever, but for the first half minute", () => {
    const load = idle(20);
    const at = looks(load, [25, 25, 25, 25, 25, 25, 25, 25], BUSY);
    expect(load.through({ ...SEEN, rttMs: 25 }, at)).toEqual({ ...SEEN, rttMs: 25 });
    const { packets: _packets, ...timed } = session;
    expect(load.through(session, at)).toEqual(timed);
  });
});
