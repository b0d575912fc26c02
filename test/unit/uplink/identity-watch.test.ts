import { describe, expect, test } from "vitest";
import type { IdentityShared } from "../../../src/domain/link.ts";
import { IdentityWatch } from "../../../src/uplink/identity-watch.ts";

const BOOT = "0b7c2f6e-58f1-4c0e-9f39-0d8f6a1c2b3d";
const OTHER = "ffffffff-58f1-4c0e-9f39-0d8f6a1c2b3d";
const CALM_MS = 600_000;

function watch(): { readonly identity: IdentityWatch; readonly told: IdentityShared[] } {
  const told: IdentityShared[] = [];
  return { identity: new IdentityWatch({ calmMs: CALM_MS, onShared: (record) => told.push(record) }), told };
}

/** Its first session has been born. */
function bornAs(session = `${BOOT}-1000`): ReturnType<typeof watch> {
  const watched = watch();
  watched.identity.began(session);
  watched.identity.born();
  return watched;
}

describe("a session on our status topic", () => {
  test("that is not ours means that another gateway uses our identity", () => {
    const { identity, told } = bornAs();
    identity.seen(`${OTHER}-5`, 0);
    expect(told).toEqual([{ event: "identityShared", evidence: "foreignSession", otherSession: `${OTHER}-5` }]);
    expect(identity.isShared(0)).toBe(true);
  });

  test("is innocent when it is ours, of this session or an earlier one", () => {
    const { identity, told } = bornAs();
    identity.began(`${BOOT}-2000`);
    identity.seen(`${BOOT}-2000`, 0);
    identity.seen(`${BOOT}-1000`, 0);
    expect(told).toEqual([]);
  });

  test("is innocent when it stood there before our first birth: the process before us", () => {
    const { identity, told } = watch();
    identity.began(`${BOOT}-1000`);
    identity.seen(`${OTHER}-77`, 0);
    identity.born();
    identity.seen(`${OTHER}-77`, 1);
    expect(told).toEqual([]);
  });

  test("is innocent when it is a late word of this boot, or of the last", () => {
    const { identity, told } = watch();
    identity.began(`${BOOT}-1000`);
    identity.seen(`${OTHER}-77`, 0);
    identity.born();
    identity.seen(`${BOOT}-900`, 1);
    identity.seen(`${OTHER}-70`, 1);
    expect(told).toEqual([]);
    identity.seen(`${OTHER}-78`, 1);
    expect(told).toHaveLength(1);
  });

  test("is not innocent when it is of this boot but later than we began: a second daemon on this machine", () => {
    const { identity, told } = bornAs();
    identity.seen(`${BOOT}-1500`, 0);
    expect(told).toHaveLength(1);
  });

  test("is known as ours after a thousand sessions too", () => {
    const { identity, told } = bornAs();
    for (let n = 1; n <= 1_000; n += 1) identity.began(`${BOOT}-${1_000 + n}`);
    identity.seen(`${BOOT}-2000`, 0);
    identity.seen(`${BOOT}-950`, 0);
    expect(told).toEqual([]);
  });
});

describe("an episode", () => {
  test("is told once, however often the two push each other out", () => {
    const { identity, told } = bornAs();
    for (let at = 0; at < 3_600_000; at += 60_000) {
      identity.takenOver(at);
      identity.seen(`${OTHER}-${at}`, at + 1);
    }
    expect(told).toEqual([{ event: "identityShared", evidence: "takenOver" }]);
  });

  test("is over when the other one has not been seen for a while, and the next is told again", () => {
    const { identity, told } = bornAs();
    identity.takenOver(0);
    expect(identity.isShared(CALM_MS - 1)).toBe(true);
    expect(identity.isShared(CALM_MS)).toBe(false);
    identity.takenOver(CALM_MS + 1);
    expect(told).toHaveLength(2);
  });
});
