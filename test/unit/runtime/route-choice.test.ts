import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chooseRoute,
  firstChoice,
  ROUTE_RULES,
  type RouteChoice,
  type RouteInput,
  type RouteMove,
  routeOrder,
  routesToProbe,
} from "../../../src/runtime/route-choice.ts";

const ROUTES = ["dsl", "lte", "sat"];

/** A choice with time of its own, and everything that moved. */
class Choice {
  state: RouteChoice;
  now = 0;
  readonly moves: RouteMove[] = [];

  constructor(routes: readonly string[] = ROUTES) {
    this.state = firstChoice(routes, ROUTE_RULES, 0);
  }

  get active(): string {
    return this.state.active;
  }

  take(input: RouteInput, afterMs = 0): this {
    this.now += afterMs;
    const { choice, moved } = chooseRoute(this.state, input, this.now);
    this.state = choice;
    if (moved !== undefined) this.moves.push(moved);
    return this;
  }

  /** A connection fails, and the one after it. */
  fails(route: string): this {
    return this.take({ type: "failed", route }).take({ type: "failed", route });
  }

  probes(route: string, results: readonly boolean[], everyMs = 30_000): this {
    for (const ok of results) this.take({ type: "probed", route, ok }, everyMs);
    return this;
  }
}

describe("the route in use", () => {
  it("is the preferred one, and stays so over a single failure", () => {
    const choice = new Choice().take({ type: "failed", route: "dsl" });
    expect(choice.active).toBe("dsl");
    choice.take({ type: "stable", route: "dsl" }).take({ type: "failed", route: "dsl" });
    expect(choice.active).toBe("dsl");
  });

  it("changes after the second failure in a row, and after the first where nothing can be reached over it", () => {
    expect(new Choice().fails("dsl").active).toBe("lte");
    expect(new Choice().take({ type: "failed", route: "dsl", isLost: true }).active).toBe("lte");
  });

  it("goes round when the next one fails too", () => {
    const choice = new Choice().fails("dsl").fails("lte");
    expect(choice.active).toBe("sat");
    expect(choice.fails("sat").active).toBe("dsl");
  });

  it("does not hear what a connection of another route says late", () => {
    expect(new Choice().fails("dsl").fails("dsl").active).toBe("lte");
  });

  it("is the only one there is", () => {
    const only = new Choice(["system"]).fails("system").fails("system");
    expect(only.active).toBe("system");
    expect(only.moves).toEqual([]);
  });
});

describe("coming back", () => {
  it("needs three good probes in a row", () => {
    const choice = new Choice().fails("dsl").probes("dsl", [true, true, false, true, true]);
    expect(choice.active).toBe("lte");
    expect(choice.probes("dsl", [true]).active).toBe("dsl");
  });

  it("does not happen before a minute on the backup, however good the probes are", () => {
    const choice = new Choice().fails("dsl").probes("dsl", [true, true, true, true], 1_000);
    expect(choice.active).toBe("lte");
    expect(choice.probes("dsl", [true], 60_000).active).toBe("dsl");
  });

  it("is tried for everything that is preferred to the active one, and for nothing else", () => {
    const choice = new Choice().fails("dsl").fails("lte");
    expect(routesToProbe(choice.state)).toEqual(["dsl", "lte"]);
    expect(choice.probes("lte", [true, true, true]).active).toBe("lte");
    expect(routesToProbe(choice.state)).toEqual(["dsl"]);
    expect(choice.probes("sat", [true, true, true, true]).active).toBe("lte");
  });
});

describe("a move", () => {
  it("is told when the first connection stands there, with its cause, and once", () => {
    const choice = new Choice().fails("dsl");
    expect(choice.moves).toEqual([]);
    choice.take({ type: "opened", route: "lte" }).take({ type: "opened", route: "lte" });
    expect(choice.moves).toEqual([{ from: "dsl", to: "lte", because: "failed" }]);
    choice.probes("dsl", [true, true, true]).take({ type: "opened", route: "dsl" });
    expect(choice.moves.at(-1)).toEqual({ from: "lte", to: "dsl", because: "recovered" });
  });

  it("is none when every route fails and the first one works again", () => {
    const choice = new Choice().fails("dsl").fails("lte").fails("sat").take({ type: "opened", route: "dsl" });
    expect(choice.moves).toEqual([]);
  });
});

describe("the verdict of whoever watches the lines", () => {
  it("takes traffic off a route that still connects, and says why", () => {
    const choice = new Choice()
      .take({ type: "verdict", route: "dsl", usable: false })
      .take({ type: "opened", route: "lte" });
    expect(choice.active).toBe("lte");
    expect(choice.moves).toEqual([{ from: "dsl", to: "lte", because: "verdict" }]);
  });

  it("keeps a route from being probed and come back to until it is lifted", () => {
    const choice = new Choice().take({ type: "verdict", route: "dsl", usable: false });
    expect(choice.probes("dsl", [true, true, true, true]).active).toBe("lte");
    choice.take({ type: "verdict", route: "dsl", usable: true });
    expect(choice.active).toBe("lte");
    expect(choice.probes("dsl", [true, true, true]).active).toBe("dsl");
  });

  it("passes over what is unusable, and moves nothing when all are", () => {
    const choice = new Choice().take({ type: "verdict", route: "lte", usable: false });
    expect(routeOrder(choice.state)).toEqual(["dsl", "sat", "lte"]);
    expect(choice.fails("dsl").active).toBe("sat");
    choice
      .take({ type: "verdict", route: "dsl", usable: false })
      .take({ type: "verdict", route: "sat", usable: false });
    expect(choice.active).toBe("sat");
  });

  it("about a route that nobody knows changes nothing", () => {
    const choice = new Choice();
    const before = choice.state;
    expect(choice.take({ type: "verdict", route: "carrier pigeon", usable: false }).state).toBe(before);
  });
});

describe("whatever happens", () => {
  const route = fc.constantFrom(...ROUTES);
  const input: fc.Arbitrary<RouteInput> = fc.oneof(
    fc.record({ type: fc.constant("opened" as const), route }),
    fc.record({ type: fc.constant("stable" as const), route }),
    fc.record({ type: fc.constant("failed" as const), route }),
    fc.record({ type: fc.constant("probed" as const), route, ok: fc.boolean() }),
    fc.record({ type: fc.constant("verdict" as const), route, usable: fc.boolean() }),
  );

  it("one known route is active, all are in the order once, and a backup is left for a better one only after a minute", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(input, fc.nat(40_000))), (inputs) => {
        const choice = new Choice();
        let since = 0;
        for (const [one, afterMs] of inputs) {
          const before = choice.active;
          choice.take(one, afterMs);
          expect(ROUTES).toContain(choice.active);
          expect([...routeOrder(choice.state)].sort()).toEqual([...ROUTES].sort());
          if (choice.active === before) continue;
          if (one.type === "probed") expect(choice.now - since).toBeGreaterThanOrEqual(60_000);
          since = choice.now;
        }
        for (const { from, to } of choice.moves) expect(from).not.toBe(to);
      }),
    );
  });
});
