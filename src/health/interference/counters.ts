/** Counters of one source at one moment. What the source did not say is absent. */
export type Counters = Readonly<Record<string, number>>;

/**
 * By how much each counter has risen; one that is missing on either side is missing here. `"restarted"` when any of them
 * went back: the driver was loaded anew or the device plugged in again, and nothing can be said of the time between.
 */
export function rises(before: Counters, now: Counters): Counters | "restarted" {
  const found: Record<string, number> = {};
  for (const [name, value] of Object.entries(now)) {
    const old = before[name];
    if (old === undefined) continue;
    if (value < old) return "restarted";
    found[name] = value - old;
  }
  return found;
}

/** Sum of one counter over several looks; `undefined` when none of them has it. */
export function sumOf(steps: readonly Counters[], ...names: readonly string[]): number | undefined {
  const found = steps.flatMap((step) => names.flatMap((name) => step[name] ?? []));
  return found.length === 0 ? undefined : found.reduce((a, b) => a + b, 0);
}

/** `undefined` when one of the two is, or when there is nothing to divide by. */
export function ratio(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || whole <= 0 ? undefined : part / whole;
}
