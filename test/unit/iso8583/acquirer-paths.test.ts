import { describe, expect, test } from "vitest";
import { AcquirerPaths, type Path } from "../../../src/drivers/iso8583/acquirer-paths.ts";

const DSL = { name: "dsl" };
const LTE = { name: "lte" };
const ROUTES = [DSL, LTE];
const ENDPOINTS = [
  { host: "a", port: 1 },
  { host: "b", port: 1 },
];
const MINUTE = 60_000;

function names(paths: readonly Path[]): readonly string[] {
  return paths.map(({ route, endpoint }) => `${route.name}/${endpoint.host}`);
}

function isDsl({ name }: { readonly name: string }): boolean {
  return name === "dsl";
}

class World {
  readonly paths = new AcquirerPaths(ROUTES, ENDPOINTS);

  order(at = 0, routes = ROUTES): readonly string[] {
    return names(this.paths.inOrder(routes, at));
  }

  path(name: string): Path {
    const found = this.paths.inOrder(ROUTES, 0).find((path) => names([path])[0] === name);
    if (found === undefined) throw new Error(`no path ${name}`);
    return found;
  }

  sick(name: string, at = 0): Path {
    const path = this.path(name);
    for (let n = 0; n < 3; n += 1) this.paths.unanswered(path, at);
    return path;
  }
}

test("paths are tried route by route, endpoint by endpoint, in the order of the config", () => {
  const world = new World();
  expect(world.order()).toEqual(["dsl/a", "dsl/b", "lte/a", "lte/b"]);
  expect(world.order(0, [LTE, DSL])).toEqual(["lte/a", "lte/b", "dsl/a", "dsl/b"]);
});

describe("a dead path", () => {
  test("is not tried, and ends the shop's selling only when all are", () => {
    const { paths } = new World();
    const all = paths.inOrder(ROUTES, 0);
    for (const [index, path] of all.entries()) {
      expect(paths.isUsable).toBe(true);
      expect(paths.died(path, "timeout", index)).toBe(true);
      expect(paths.died(path, "timeout", index)).toBe(false);
    }
    expect(paths.isUsable).toBe(false);
    expect(paths.inOrder(ROUTES, 0)).toEqual([]);
  });

  test("is knocked at always where it is needed, else seldom", () => {
    const world = new World();
    const [dsl, lte] = [world.path("dsl/a"), world.path("lte/a")];
    world.paths.died(dsl, "timeout", 0);
    world.paths.died(lte, "timeout", 0);
    const at = (ms: number): readonly string[] => names(world.paths.toKnockAt(isDsl, 30_000, ms));
    expect(at(500)).toEqual(["dsl/a"]);
    expect(at(30_000)).toEqual(["dsl/a", "lte/a"]);
    expect(at(31_000)).toEqual(["dsl/a"]);
  });
});

describe("a path that swallows requests", () => {
  test("is left for the next one after three exchanges in a row without an answer", () => {
    const world = new World();
    const path = world.path("dsl/a");
    expect([1, 2, 3].map(() => world.paths.unanswered(path, 0))).toEqual([false, false, true]);
    expect(world.order()).toEqual(["dsl/b", "lte/a", "lte/b", "dsl/a"]);
  });

  test("is not called sick when one in between was answered", () => {
    const world = new World();
    const path = world.path("dsl/a");
    world.paths.unanswered(path, 0);
    world.paths.unanswered(path, 0);
    world.paths.answered(path);
    world.paths.unanswered(path, 0);
    world.paths.unanswered(path, 0);
    expect(world.order()[0]).toBe("dsl/a");
  });

  test("is tried again after a minute, with one live connection, and taken back when that is answered", () => {
    const world = new World();
    const path = world.sick("dsl/a");
    expect(world.order(MINUTE - 1)[0]).toBe("dsl/b");
    expect(world.order(MINUTE)[0]).toBe("dsl/a");
    expect(world.paths.used(path, MINUTE)).toBe(true);
    expect(world.order(MINUTE)[0], "the others wait for what becomes of it").toBe("dsl/b");
    expect(world.paths.answered(path)).toBe(true);
    world.paths.triedOut(path);
    expect(world.order(MINUTE)[0]).toBe("dsl/a");
  });

  test("is left alone twice as long each time it fails again, up to ten minutes", () => {
    const world = new World();
    const path = world.sick("dsl/a");
    let at = 0;
    for (const coolDown of [1, 2, 4, 8, 10, 10]) {
      expect(world.order(at + coolDown * MINUTE - 1)[0]).toBe("dsl/b");
      at += coolDown * MINUTE;
      expect(world.order(at)[0]).toBe("dsl/a");
      world.paths.used(path, at);
      world.paths.unanswered(path, at);
      world.paths.triedOut(path);
    }
  });

  test("is tried by the next connection when the one that was to find out asked nothing", () => {
    const world = new World();
    const path = world.sick("dsl/a");
    world.paths.used(path, MINUTE);
    world.paths.triedOut(path);
    expect(world.order(MINUTE)[0]).toBe("dsl/a");
  });

  test("is healed by a late answer", () => {
    const world = new World();
    world.paths.answered(world.sick("dsl/a"));
    expect(world.order()[0]).toBe("dsl/a");
  });

  test("never stops the selling: when all are sick, the one that has been so longest is used", () => {
    const world = new World();
    for (const [at, name] of ["dsl/b", "lte/a", "dsl/a", "lte/b"].entries()) world.sick(name, at);
    expect(world.paths.isUsable).toBe(true);
    expect(world.order(10)).toEqual(["dsl/b", "lte/a", "dsl/a", "lte/b"]);
  });
});

test("a route is lost when each of its paths is dead or sick, and no longer when one may be tried", () => {
  const world = new World();
  world.paths.died(world.path("dsl/b"), "timeout", 0);
  expect(world.paths.isLost(DSL, 0)).toBe(false);
  const path = world.sick("dsl/a");
  expect(world.paths.isLost(DSL, 0)).toBe(true);
  expect(world.paths.isLost(LTE, 0)).toBe(false);
  expect(world.paths.isLost(DSL, MINUTE)).toBe(false);
  world.paths.used(path, MINUTE);
  expect(world.paths.isLost(DSL, MINUTE), "while it is tried").toBe(false);
  expect(world.paths.troubles(DSL)).toEqual({ unreachable: ["b:1"], silent: ["a:1"] });
});
