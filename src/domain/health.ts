/** From best to worst. `unknown` is not `pass`: what nobody checked is never reported as healthy. */
export const HEALTH_STATUSES = ["pass", "unknown", "warn", "fail"] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** One thing that was looked at, or a whole made of such things. */
export interface HealthNode {
  /** Differs from its siblings' names. Without `/`, which joins the names of a path. */
  readonly name: string;
  readonly status: HealthStatus;
  readonly observedValue?: string | number | boolean;
  /** Of `observedValue`: `ms`, `records`, `bytes`; `1` for a ratio. */
  readonly observedUnit?: string;
  /** RFC 3339. Since when the status is what it is. */
  readonly since?: string;
  /** Why it is not `pass`, in words for a technician. */
  readonly reason?: string;
  /** What to do about it. */
  readonly advice?: string;
  readonly parts?: readonly HealthNode[];
}

/**
 * How a part's status counts for its whole. `vital`: without it no sale can be made or recorded. `degrading`:
 * sales go on without it (headquarters, a clock), so that it never makes the gateway fail.
 */
export const COUNTS_AS = {
  vital: { pass: "pass", unknown: "unknown", warn: "warn", fail: "fail" },
  degrading: { pass: "pass", unknown: "unknown", warn: "warn", fail: "warn" },
} as const satisfies Record<string, Readonly<Record<HealthStatus, HealthStatus>>>;
export type Weight = keyof typeof COUNTS_AS;

export interface HealthPart {
  readonly weight: Weight;
  readonly node: HealthNode;
}

/** As bad as its worst part, each counted by its weight. Nothing in it: `unknown`. */
export function wholeOf(name: string, parts: readonly HealthPart[]): HealthNode {
  return rollUp(
    name,
    parts.map(({ weight, node }) => ({ node, counted: COUNTS_AS[weight][node.status] })),
  );
}

/** For things that stand in for one another, such as terminals: `fail` only when all of them do. */
export function anyOf(name: string, nodes: readonly HealthNode[]): HealthNode {
  const weight = nodes.every((node) => node.status === "fail") ? "vital" : "degrading";
  return wholeOf(
    name,
    nodes.map((node) => ({ weight, node })),
  );
}

interface Counted {
  readonly node: HealthNode;
  readonly counted: HealthStatus;
}

function rollUp(name: string, parts: readonly Counted[]): HealthNode {
  const [first, ...others] = parts;
  if (first === undefined) return { name, status: "unknown", reason: "nothing was checked", parts: [] };
  const worst = others.reduce((a, b) => (badness(b.counted) > badness(a.counted) ? b : a), first);
  const { node, counted: status } = worst;
  const since = status === "pass" ? latest(parts.map((part) => part.node.since)) : node.since;
  return {
    name,
    status,
    ...(since === undefined ? {} : { since }),
    ...(status === "pass" ? {} : { reason: `${node.name}: ${node.reason ?? node.status}` }),
    ...(status === "pass" || node.advice === undefined ? {} : { advice: node.advice }),
    parts: parts.map((part) => part.node),
  };
}

function badness(status: HealthStatus): number {
  return HEALTH_STATUSES.indexOf(status);
}

/** RFC 3339 in UTC with equal precision sorts as text. */
function latest(times: readonly (string | undefined)[]): string | undefined {
  return times.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined);
}

export interface HealthLine {
  /** Names from below the root, joined by `/`; empty for the root itself. */
  readonly path: string;
  readonly depth: number;
  readonly node: HealthNode;
}

/** The tree as lines, each whole before its parts. */
export function healthLines(root: HealthNode): readonly HealthLine[] {
  const below = (node: HealthNode, path: string, depth: number): readonly HealthLine[] => [
    { path, depth, node },
    ...(node.parts ?? []).flatMap((part) => below(part, path === "" ? part.name : `${path}/${part.name}`, depth + 1)),
  ];
  return below(root, "", 0);
}
