import type { Stage, StageFault, StageFigures } from "../../domain/stage.ts";

/** A figure that goes beyond `on` is too high until it is back below `off`. */
export interface Limit {
  readonly figure: "lossAtLeast" | "p95Ms" | "jitterMs";
  readonly on: number;
  readonly off: number;
  readonly fault: StageFault;
}

export type LineKind = "wired" | "mobile";

/** Fewer looks say nothing about a quantile. */
const ENOUGH_LOOKS = 5;

/** Starting values for a line that carries payments (link-health.md 1.5), all over 5 minutes. */
const ROUTER: readonly Limit[] = [
  { figure: "lossAtLeast", on: 0.01, off: 0.002, fault: "router.lossy" },
  { figure: "p95Ms", on: 20, off: 10, fault: "router.slow" },
];
const PROVIDER_LOSS: Limit = { figure: "lossAtLeast", on: 0.02, off: 0.005, fault: "provider.lossy" };
const ACQUIRER_LOSS: Limit = { figure: "lossAtLeast", on: 0.02, off: 0.005, fault: "acquirer.lossy" };
const HQ_LOSS: Limit = { figure: "lossAtLeast", on: 0.02, off: 0.005, fault: "hq.lossy" };

const LIMITS: Readonly<Record<LineKind, Partial<Readonly<Record<Stage, readonly Limit[]>>>>> = {
  wired: {
    router: ROUTER,
    provider: [PROVIDER_LOSS, { figure: "p95Ms", on: 300, off: 200, fault: "provider.slow" }],
    dns: [{ figure: "p95Ms", on: 200, off: 100, fault: "dns.slow" }],
    hqTcp: [HQ_LOSS],
    hqMqtt: [HQ_LOSS, { figure: "p95Ms", on: 300, off: 200, fault: "hq.slow" }],
    acquirer: [ACQUIRER_LOSS, { figure: "p95Ms", on: 5_000, off: 3_000, fault: "acquirer.slow" }],
  },
  mobile: {
    router: ROUTER,
    provider: [PROVIDER_LOSS, { figure: "p95Ms", on: 600, off: 400, fault: "provider.slow" }],
    dns: [{ figure: "p95Ms", on: 400, off: 200, fault: "dns.slow" }],
    hqTcp: [HQ_LOSS],
    hqMqtt: [HQ_LOSS, { figure: "p95Ms", on: 600, off: 400, fault: "hq.slow" }],
    acquirer: [ACQUIRER_LOSS, { figure: "p95Ms", on: 8_000, off: 5_000, fault: "acquirer.slow" }],
  },
};

export function limitsOf(stage: Stage, line: LineKind): readonly Limit[] {
  return LIMITS[line][stage] ?? [];
}

/** The first limit that is crossed; between `on` and `off` the one that was stays so. */
export function crossedLimit(
  limits: readonly Limit[],
  figures: StageFigures,
  before: StageFault | undefined,
): StageFault | undefined {
  if (figures.looks < ENOUGH_LOOKS) return before;
  return limits.find(({ figure, on, off, fault }) => {
    const value = figures[figure];
    return value !== undefined && value > (fault === before ? off : on);
  })?.fault;
}
