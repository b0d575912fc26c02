import { assertNever } from "../domain/assert-never.ts";
import type { RouteChangeCause } from "../domain/link.ts";

/** When traffic leaves a route, and when it comes back. Times in ms. */
export interface RouteRules {
  /** Failures in a row on the active route, after which the next one is used. */
  readonly failures: number;
  /** Between two probes of a route that is preferred to the active one. */
  readonly probeEveryMs: number;
  /** Good probes in a row before traffic comes back to it. */
  readonly goodProbes: number;
  /** A backup is not left sooner for a preferred one, so that a line that comes and goes does not carry traffic along. */
  readonly backupAtLeastMs: number;
}

export const ROUTE_RULES: RouteRules = {
  failures: 2,
  probeEveryMs: 30_000,
  goodProbes: 3,
  backupAtLeastMs: 60_000,
};

export interface RouteChoice {
  readonly rules: RouteRules;
  /** Names, in order of preference; at least one. */
  readonly routes: readonly string[];
  /** New connections go here. */
  readonly active: string;
  /** ms, monotonic: since when. */
  readonly since: number;
  /** Why. */
  readonly because: RouteChangeCause;
  /** On the active one, in a row. */
  readonly failures: number;
  /** In a row, of routes that are preferred to the active one. */
  readonly goodProbes: ReadonlyMap<string, number>;
  /** By the verdict of whoever watches the lines. */
  readonly unusable: ReadonlySet<string>;
  /** The last one over which a connection was opened. */
  readonly carrying: string;
}

export type RouteInput =
  /** A connection was opened over it. */
  | { readonly type: "opened"; readonly route: string }
  /** It has lasted, or something was answered: failures before it count no more. */
  | { readonly type: "stable"; readonly route: string }
  /** An attempt failed, or a connection did not last. `isLost`: nobody waits for a second failure. */
  | { readonly type: "failed"; readonly route: string; readonly isLost?: true }
  | { readonly type: "probed"; readonly route: string; readonly ok: boolean }
  | { readonly type: "verdict"; readonly route: string; readonly usable: boolean };

/** Traffic has really gone over: not when it was decided, but when the first connection stood. */
export interface RouteMove {
  readonly from: string;
  readonly to: string;
  readonly because: RouteChangeCause;
}

export interface RouteStep {
  readonly choice: RouteChoice;
  readonly moved?: RouteMove;
}

/** @throws RangeError without a route. */
export function firstChoice(routes: readonly string[], rules: RouteRules, at: number): RouteChoice {
  const [preferred] = routes;
  if (preferred === undefined) throw new RangeError("no route to choose from");
  return {
    rules,
    routes,
    active: preferred,
    since: at,
    because: "failed",
    failures: 0,
    goodProbes: new Map(),
    unusable: new Set(),
    carrying: preferred,
  };
}

/**
 * Which of the shop's lines new connections go over. Knows no clock and no socket.
 *
 * @param at  ms, monotonic.
 */
export function chooseRoute(choice: RouteChoice, input: RouteInput, at: number): RouteStep {
  const isActive = input.route === choice.active;
  switch (input.type) {
    case "opened":
      return opened(choice, input.route);
    case "stable":
      return { choice: isActive ? { ...choice, failures: 0 } : choice };
    case "failed": {
      if (!isActive) return { choice };
      const failures = choice.failures + 1;
      if (failures < choice.rules.failures && input.isLost !== true) return { choice: { ...choice, failures } };
      return { choice: goTo(choice, next(choice), "failed", at) };
    }
    case "probed":
      return { choice: probed(choice, input.route, input.ok, at) };
    case "verdict":
      return { choice: judged(choice, input.route, input.usable, at) };
    default:
      return assertNever(input);
  }
}

/** Routes that are preferred to the active one and may be used again. */
export function routesToProbe({ routes, active, unusable }: RouteChoice): readonly string[] {
  return routes.slice(0, routes.indexOf(active)).filter((route) => !unusable.has(route));
}

/** In which order a connection may try them: the active one, then the others as they are preferred. */
export function routeOrder({ routes, active, unusable }: RouteChoice): readonly string[] {
  const others = routes.filter((route) => route !== active);
  const usable = others.filter((route) => !unusable.has(route));
  return [active, ...usable, ...others.filter((route) => unusable.has(route))];
}

function opened(choice: RouteChoice, route: string): RouteStep {
  const { carrying, active, because } = choice;
  if (route === carrying) return { choice };
  const moved = { from: carrying, to: route, because: route === active ? because : "failed" } as const;
  return { choice: { ...choice, carrying: route }, moved };
}

function probed(choice: RouteChoice, route: string, ok: boolean, at: number): RouteChoice {
  if (!routesToProbe(choice).includes(route)) return choice;
  const good = ok ? (choice.goodProbes.get(route) ?? 0) + 1 : 0;
  const goodProbes = new Map(choice.goodProbes).set(route, good);
  const { rules, since } = choice;
  if (good < rules.goodProbes || at - since < rules.backupAtLeastMs) return { ...choice, goodProbes };
  return goTo(choice, route, "recovered", at);
}

function judged(choice: RouteChoice, route: string, usable: boolean, at: number): RouteChoice {
  if (!choice.routes.includes(route) || choice.unusable.has(route) !== usable) return choice;
  const unusable = new Set(choice.unusable);
  if (usable) unusable.delete(route);
  else unusable.add(route);
  const goodProbes = new Map(choice.goodProbes).set(route, 0);
  const after = { ...choice, unusable, goodProbes };
  // With no usable one left, traffic stays where it is.
  const to = next(after);
  return !usable && route === choice.active && !unusable.has(to) ? goTo(after, to, "verdict", at) : after;
}

/** After the active one, round to the first again; those that are unusable only when there is no other. */
function next({ routes, active, unusable }: RouteChoice): string {
  const at = routes.indexOf(active);
  const others = [...routes.slice(at + 1), ...routes.slice(0, at)];
  return others.find((route) => !unusable.has(route)) ?? others[0] ?? active;
}

function goTo(choice: RouteChoice, active: string, because: RouteChangeCause, at: number): RouteChoice {
  if (active === choice.active) return { ...choice, failures: 0 };
  return { ...choice, active, since: at, because, failures: 0, goodProbes: new Map() };
}
