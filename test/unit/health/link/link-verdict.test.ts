import { describe, expect, test } from "vitest";
import { STAGE_FAULTS, type StageFault, type StageState } from "../../../../src/domain/stage.ts";
import { faultText } from "../../../../src/health/link/fault-texts.ts";
import { blame, isHidden, type JudgedStage } from "../../../../src/health/link/link-verdict.ts";

const SYNCED = { clockSynced: true };
/** ms. Failures begin here; what answered later disproves them. */
const BROKEN_AT = 10_000;

function up(stage: JudgedStage["stage"], more: Partial<JudgedStage> = {}): JudgedStage {
  return { stage, state: "up", since: 0, seenAt: 5_000, answeredAt: 5_000, ...more };
}

function down(fault: StageFault, subject?: string, since = BROKEN_AT + 6_000): JudgedStage {
  const [stage = ""] = fault.split(".");
  const stages: Readonly<Record<string, JudgedStage["stage"]>> = {
    box: "box",
    interface: "interface",
    terminals: "terminals",
    router: "router",
    provider: "provider",
    dns: "dns",
    portal: "portal",
    hq: "hqTcp",
    acquirer: "acquirer",
  };
  return {
    stage: stages[stage] ?? "box",
    ...(subject === undefined ? {} : { subject }),
    state: "down",
    since,
    fault,
    seenAt: BROKEN_AT + 6_000,
    failingSince: BROKEN_AT,
  };
}

function degraded(stage: JudgedStage["stage"], fault: StageFault): JudgedStage {
  return up(stage, { state: "degraded", fault });
}

function inState(stage: JudgedStage["stage"], state: StageState): JudgedStage {
  return { stage, state, since: 0, seenAt: 5_000 };
}

describe("the blame", () => {
  test("is nobody's while everything works, and while nothing is known", () => {
    expect(blame([up("router"), up("hqMqtt"), inState("terminals", "idle")], SYNCED)).toBeUndefined();
    expect(blame([], SYNCED)).toBeUndefined();
    expect(blame([inState("provider", "unknown")], SYNCED)).toBeUndefined();
  });

  test("is the name server's before it is that of what comes behind it and only ails", () => {
    expect(
      blame(
        [down("dns.timeout"), up("hqTcp", { answeredAt: BROKEN_AT + 9_000 }), degraded("hqMqtt", "hq.slow")],
        SYNCED,
      ),
    ).toMatchObject({ fault: "dns.timeout" });
    expect(
      blame(
        [degraded("provider", "provider.lossy"), down("dns.timeout"), up("hqTcp", { answeredAt: BROKEN_AT + 9_000 })],
        SYNCED,
      ),
    ).toMatchObject({ fault: "provider.lossy" });
  });

  test.each<[string, readonly JudgedStage[], StageFault]>([
    [
      "everything behind a cable that is out",
      [down("interface.down"), down("router.silent"), down("hq.unreachable")],
      "interface.down",
    ],
    [
      "everything behind a dead router",
      [up("interface"), down("router.silent"), down("provider.unreachable", "a")],
      "router.silent",
    ],
    [
      "all anchors",
      [
        up("router"),
        down("provider.unreachable", "a"),
        down("provider.unreachable", "b"),
        down("hq.unreachable"),
        down("dns.timeout", "s"),
      ],
      "provider.unreachable",
    ],
    [
      "a portal that swallows the rest",
      [up("router"), down("portal.captive"), down("provider.unreachable", "a"), down("hq.unreachable")],
      "portal.captive",
    ],
    [
      "names, when nothing answers by an address that was known",
      [up("provider"), down("dns.timeout", "s"), down("hq.unreachable")],
      "dns.timeout",
    ],
    [
      "names, while the session stands",
      [
        up("provider"),
        down("dns.refused", "s"),
        up("hqMqtt", { answeredAt: 20_000 }),
        up("hqTcp", { answeredAt: 20_000 }),
      ],
      "dns.refused",
    ],
    ["headquarters alone", [up("provider"), down("hq.unreachable"), up("acquirer")], "hq.unreachable"],
    ["a broker that does not run", [up("provider"), down("hq.refused")], "hq.refused"],
    ["the acquirer alone", [up("provider"), up("hqMqtt"), down("acquirer.unreachable", "one")], "acquirer.unreachable"],
    [
      "everybody at once, where there are no anchors",
      [up("router"), down("hq.unreachable"), down("acquirer.unreachable", "one")],
      "provider.unreachable",
    ],
    [
      "one terminal of two",
      [up("hqMqtt"), up("terminals", { subject: "T1" }), down("terminals.oneUnreachable", "T2")],
      "terminals.oneUnreachable",
    ],
    [
      "terminals that fell together",
      [
        up("terminals", { subject: "T1" }),
        down("terminals.oneUnreachable", "T2", 20_000),
        down("terminals.oneUnreachable", "T3", 23_000),
      ],
      "terminals.hub",
    ],
    [
      "terminals, all of them",
      [up("hqMqtt"), down("terminals.oneUnreachable", "T1"), down("terminals.oneUnreachable", "T2")],
      "terminals.unreachable",
    ],
  ])("is for %s", (_what, stages, fault) => {
    expect(blame(stages, SYNCED)?.fault).toBe(fault);
  });

  test("is not the hub's when terminals fell minutes apart", () => {
    const stages = [
      up("terminals", { subject: "T1" }),
      down("terminals.oneUnreachable", "T2", 20_000),
      down("terminals.oneUnreachable", "T3", 90_000),
    ];
    expect(blame(stages, SYNCED)).toMatchObject({ fault: "terminals.oneUnreachable", subject: "T2" });
  });

  test("is not a router's that answers no probe while the internet behind it does", () => {
    expect(blame([down("router.silent"), up("provider", { answeredAt: 20_000 })], SYNCED)).toBeUndefined();
    // What answered before it fell silent proves nothing.
    expect(blame([down("router.silent"), up("provider")], SYNCED)?.fault).toBe("router.silent");
  });

  test("is not the provider's while one anchor answers, or headquarters' machine refuses", () => {
    expect(blame([up("provider", { subject: "b" }), down("provider.unreachable", "a")], SYNCED)).toBeUndefined();
    const refusing = { ...down("hq.refused"), seenAt: BROKEN_AT + 9_000 };
    expect(blame([down("provider.unreachable", "a"), refusing], SYNCED)?.fault).toBe("hq.refused");
  });

  test("is the clock's when a certificate begins in the future by a clock that nobody has set", () => {
    const early: JudgedStage = { ...down("hq.certificateNotYetValid"), stage: "hqTls" };
    expect(blame([up("provider"), early], { clockSynced: false })?.fault).toBe("box.clockWrong");
    expect(blame([up("provider"), early], SYNCED)?.fault).toBe("hq.certificateNotYetValid");
  });

  test("for what is slow goes to the nearest", () => {
    expect(blame([degraded("hqMqtt", "hq.slow"), degraded("router", "router.lossy")], SYNCED)?.fault).toBe(
      "router.lossy",
    );
  });
});

describe("what is behind a stage that is down", () => {
  test("is not known, except the terminals, which are on the other side", () => {
    const blamed = { stage: "router", fault: "router.silent" } as const;
    expect(isHidden("hqTcp", blamed, true)).toBe(true);
    expect(isHidden("terminals", blamed, true)).toBe(false);
    expect(isHidden("interface", blamed, true)).toBe(false);
    expect(isHidden("hqTcp", blamed, false)).toBe(false);
  });

  test("is known all the same behind headquarters: the acquirer is not", () => {
    expect(isHidden("acquirer", { stage: "hqTcp", fault: "hq.unreachable" }, true)).toBe(false);
    expect(isHidden("hqMqtt", { stage: "hqTcp", fault: "hq.unreachable" }, true)).toBe(true);
  });
});

test("every fault has a reason and an advice in both languages", () => {
  for (const fault of STAGE_FAULTS) {
    const { reason, advice } = faultText(fault);
    for (const words of [reason, advice]) {
      expect(words.en).toMatch(/^[A-Z].*\.$/);
      expect(words.zh).toMatch(/^[\p{Script=Han}].*。$/u);
    }
  }
});
