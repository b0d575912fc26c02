import type { Evidence } from "../../domain/interference.ts";

/** Figures by name, as a look found them. What was not said is absent, never 0. */
export type Figures = Readonly<Record<string, number>>;

export interface FigureSpec {
  readonly unit: string;
  /** From where it speaks for trouble. */
  readonly limit?: number;
  /** Which way is worse. */
  readonly worse: "up" | "down";
  /** A smaller change is never a rise, however steady the figure was before. In its unit. */
  readonly step: number;
}

export type FigureSpecs = Readonly<Record<string, FigureSpec>>;

/** Leaves out what is not known. */
export function known(figures: Readonly<Record<string, number | undefined>>): Figures {
  const found: Record<string, number> = {};
  for (const [name, value] of Object.entries(figures)) {
    if (value !== undefined && Number.isFinite(value)) found[name] = Math.round(value * 1_000) / 1_000;
  }
  return found;
}

/** Every known figure that has a specification, those beyond their limit first. */
export function evidenceOf(figures: Figures, usual: Figures, specs: FigureSpecs): readonly Evidence[] {
  return Object.entries(specs)
    .flatMap(([figure, spec]) => {
      const value = figures[figure];
      const normal = usual[figure];
      if (value === undefined) return [];
      const crossed = spec.limit !== undefined && isBeyond(value, spec.limit, spec);
      const evidence: Evidence = {
        figure,
        value,
        unit: spec.unit,
        ...(normal === undefined ? {} : { usual: normal }),
        ...(crossed ? { limit: spec.limit } : {}),
      };
      return [{ crossed, evidence }];
    })
    .toSorted((a, b) => Number(b.crossed) - Number(a.crossed))
    .map(({ evidence }) => evidence);
}

function isBeyond(value: number, limit: number, { worse }: FigureSpec): boolean {
  return worse === "up" ? value >= limit : value <= limit;
}

export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Of each figure by itself, over the looks that have it. */
export function medians(looks: readonly Figures[]): Figures {
  const names = new Set(looks.flatMap((look) => Object.keys(look)));
  return known(Object.fromEntries([...names].map((name) => [name, median(looks.flatMap((look) => look[name] ?? []))])));
}
