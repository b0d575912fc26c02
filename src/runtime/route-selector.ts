import { aborted } from "./aborted.ts";
import type { Clock } from "./clock.ts";
import { type Route, SYSTEM_ROUTE } from "./route.ts";
import {
  chooseRoute,
  firstChoice,
  ROUTE_RULES,
  type RouteChoice,
  type RouteInput,
  type RouteMove,
  routeOrder,
  type RouteRules,
  routesToProbe,
} from "./route-choice.ts";
import { isShutdown, type Task } from "./task.ts";

export interface RouteSelectorDeps {
  readonly clock: Clock;
  /** Whether the peer could be used over this route. Never rejects but for the signal's sake. */
  readonly probe: (route: Route, signal: AbortSignal) => Promise<boolean>;
  /** New connections go over another route from now on. */
  readonly onActive?: () => void;
  /** The first connection over another route stands. */
  readonly onMoved: (move: RouteMove) => void;
}

/** The ways out of the shop for one purpose, and which of them is in use. */
export class RouteSelector implements Task {
  readonly name = "routes";
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #deps: RouteSelectorDeps;
  #choice: RouteChoice;
  #moves = 0;

  /** @param routes  In order of preference; none stands for the system's own. */
  constructor(routes: readonly Route[], deps: RouteSelectorDeps, rules: Partial<RouteRules> = {}) {
    const known = routes.length === 0 ? [SYSTEM_ROUTE] : routes;
    this.#routes = new Map(known.map((route) => [route.name, route]));
    this.#deps = deps;
    this.#choice = firstChoice([...this.#routes.keys()], { ...ROUTE_RULES, ...rules }, deps.clock.monotonicMs());
  }

  get active(): Route {
    return this.#route(this.#choice.active);
  }

  /** The active one first. */
  get inOrder(): readonly Route[] {
    return routeOrder(this.#choice).map((name) => this.#route(name));
  }

  /** As they stand in the config. */
  get all(): readonly Route[] {
    return [...this.#routes.values()];
  }

  /** What the config would rather see in use; `undefined` while it is. */
  get preferredInstead(): Route | undefined {
    const [preferred] = this.#routes.values();
    return preferred?.name === this.#choice.active ? undefined : preferred;
  }

  /** How often traffic has gone over to another route. */
  get moves(): number {
    return this.#moves;
  }

  take(input: RouteInput): void {
    const before = this.#choice.active;
    const { choice, moved } = chooseRoute(this.#choice, input, this.#deps.clock.monotonicMs());
    this.#choice = choice;
    if (choice.active !== before) this.#deps.onActive?.();
    if (moved === undefined) return;
    this.#moves += 1;
    this.#deps.onMoved(moved);
  }

  /** Probes what is preferred to the active route. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#routes.size === 1) {
      await aborted(signal);
      return;
    }
    try {
      for (;;) {
        await this.#deps.clock.sleep(this.#choice.rules.probeEveryMs, signal);
        for (const route of routesToProbe(this.#choice)) {
          this.take({ type: "probed", route, ok: await this.#deps.probe(this.#route(route), signal) });
        }
      }
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
  }

  #route(name: string): Route {
    return this.#routes.get(name) ?? SYSTEM_ROUTE;
  }
}
