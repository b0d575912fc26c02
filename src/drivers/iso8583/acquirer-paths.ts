import { type Endpoint, formatEndpoint } from "../../runtime/endpoint.ts";
import type { Route } from "../../runtime/route.ts";

/** One of the acquirer's endpoints over one of the shop's routes. */
export interface Path {
  readonly route: Route;
  readonly endpoint: Endpoint;
}

/** Exchanges in a row without one byte of an answer, after which a path is sick. */
const UNANSWERED_MAX = 3;
/** ms. A sick path is left alone so long, then tried with one live connection; doubled each time that fails. */
const COOL_DOWN_FIRST_MS = 60_000;
const COOL_DOWN_CEILING_MS = 600_000;

/** It opens connections, and answers nothing on them. */
interface Sickness {
  /** ms, monotonic: when it last swallowed a request. */
  readonly since: number;
  readonly until: number;
  readonly coolDownMs: number;
}

/** It cannot be connected to. */
export interface Death {
  /** ms, monotonic. */
  readonly since: number;
  readonly code: string;
}

interface Course {
  readonly path: Path;
  death: Death | undefined;
  /** Exchanges, in a row. */
  unanswered: number;
  sickness: Sickness | undefined;
  /** A live connection is finding out whether it still is. */
  isTried: boolean;
  /** ms, monotonic: of the last connection to it while dead. */
  knockedAt: number;
}

/**
 * What is known of each way to the acquirer. Dead: no connection can be opened. Sick: connections open, and requests on
 * them are not answered. The dead are not used; the sick are, when there is nothing better. Times are monotonic, in ms.
 */
export class AcquirerPaths {
  readonly #courses: readonly Course[];

  constructor(routes: readonly Route[], endpoints: readonly Endpoint[]) {
    this.#courses = routes.flatMap((route) =>
      endpoints.map((endpoint) => ({
        path: { route, endpoint },
        death: undefined,
        unanswered: 0,
        sickness: undefined,
        isTried: false,
        knockedAt: 0,
      })),
    );
  }

  /** Some path is not known dead. */
  get isUsable(): boolean {
    return this.#courses.some(({ death }) => death === undefined);
  }

  /** Those that are not known dead, the best first. @param routes  In the order in which they are to be used. */
  inOrder(routes: readonly Route[], at: number): readonly Path[] {
    const living = routes
      .flatMap((route) => this.#courses.filter(({ path }) => path.route.name === route.name))
      .filter(({ death }) => death === undefined);
    const sick = living.filter((course) => !isFit(course, at));
    return [
      ...living.filter((course) => isFit(course, at)),
      ...sick.toSorted((a, b) => (a.sickness?.since ?? 0) - (b.sickness?.since ?? 0)),
    ].map(({ path }) => path);
  }

  isFit(path: Path, at: number): boolean {
    return isFit(this.#of(path), at);
  }

  /** Nothing over this route can be expected to work: each path is dead, or sick with its cool-down not over. */
  isLost({ name }: Route, at: number): boolean {
    return this.#courses
      .filter(({ path }) => path.route.name === name)
      .every(({ death, sickness }) => death !== undefined || (sickness !== undefined && at < sickness.until));
  }

  /** Dead paths to knock at now. Over a route that is not needed at once, seldom: an LTE line is paid by the byte. */
  toKnockAt(needed: (route: Route) => boolean, seldomMs: number, at: number): readonly Path[] {
    const due = this.#courses.filter(
      ({ path, death, knockedAt }) => death !== undefined && (needed(path.route) || at - knockedAt >= seldomMs),
    );
    for (const course of due) course.knockedAt = at;
    return due.map(({ path }) => path);
  }

  /** Endpoints that cannot be reached, and that take requests without answering, over this route. */
  troubles({ name }: Route): { readonly unreachable: readonly string[]; readonly silent: readonly string[] } {
    const ours = this.#courses.filter(({ path }) => path.route.name === name);
    return {
      unreachable: names(ours.filter(({ death }) => death !== undefined)),
      silent: names(ours.filter(({ death, sickness }) => death === undefined && sickness !== undefined)),
    };
  }

  get dead(): number {
    return this.#courses.filter(({ death }) => death !== undefined).length;
  }

  get size(): number {
    return this.#courses.length;
  }

  /** @returns since when it had been dead, when it had. */
  alive(path: Path): Death | undefined {
    const course = this.#of(path);
    const { death } = course;
    course.death = undefined;
    return death;
  }

  /** @returns false when that was known. */
  died(path: Path, code: string, at: number): boolean {
    const course = this.#of(path);
    if (course.death !== undefined) return false;
    course.death = { since: at, code };
    course.knockedAt = at;
    return true;
  }

  /** A live connection begins. @returns whether it is the one that finds out whether a sick path has recovered. */
  used(path: Path, at: number): boolean {
    const course = this.#of(path);
    const isTrial = course.sickness !== undefined && isFit(course, at);
    if (isTrial) course.isTried = true;
    return isTrial;
  }

  /** The connection that was to find out has ended, whatever it found. */
  triedOut(path: Path): void {
    this.#of(path).isTried = false;
  }

  /** A byte came back on a request. @returns whether it had been sick. */
  answered(path: Path): boolean {
    const course = this.#of(path);
    const wasSick = course.sickness !== undefined;
    course.unanswered = 0;
    course.sickness = undefined;
    return wasSick;
  }

  /** An exchange ended without a byte of an answer. @returns whether the path has become sick by it. */
  unanswered(path: Path, at: number): boolean {
    const course = this.#of(path);
    const { sickness } = course;
    course.unanswered += 1;
    if (sickness === undefined) {
      if (course.unanswered < UNANSWERED_MAX) return false;
      course.sickness = { since: at, until: at + COOL_DOWN_FIRST_MS, coolDownMs: COOL_DOWN_FIRST_MS };
      return true;
    }
    const wasTrial = at >= sickness.until;
    const coolDownMs = wasTrial ? Math.min(COOL_DOWN_CEILING_MS, sickness.coolDownMs * 2) : sickness.coolDownMs;
    course.sickness = { since: at, until: wasTrial ? at + coolDownMs : sickness.until, coolDownMs };
    return false;
  }

  #of(path: Path): Course {
    const course = this.#courses.find((one) => one.path === path);
    if (course === undefined) throw new RangeError("a path of another acquirer");
    return course;
  }
}

function isFit({ sickness, isTried }: Course, at: number): boolean {
  return sickness === undefined || (at >= sickness.until && !isTried);
}

function names(courses: readonly Course[]): readonly string[] {
  return courses.map(({ path }) => formatEndpoint(path.endpoint));
}
