import type { InterferenceVerdict } from "../../../domain/interference.ts";
import { type Baseline, learnt, NOTHING_LEARNT, risenFigures, usualOf } from "../baseline.ts";
import { evidenceOf, type Figures, type FigureSpecs, medians } from "../figures.ts";
import { type Candidate, weigh } from "../weigh.ts";

export interface ModemMemory {
  readonly looks: readonly Figures[];
  readonly baseline: Baseline;
}

export interface ModemFound {
  readonly memory: ModemMemory;
  readonly figures: Figures;
  readonly risen: boolean;
  readonly verdict?: InterferenceVerdict;
}

export const NEW_MODEM: ModemMemory = { looks: [], baseline: NOTHING_LEARNT };

/** A car that passes changes one look: five minutes count. */
const WINDOW = 5;

/** The limits are those of link-health.md 2.5. */
const FIGURES: FigureSpecs = {
  snrDb: { unit: "dB", limit: 5, worse: "down", step: 6 },
  rsrqDb: { unit: "dB", limit: -15, worse: "down", step: 4 },
  rsrpDbm: { unit: "dBm", limit: -100, worse: "down", step: 8 },
};

/** With one more look at a modem. Knows no clock. @param at  ms, monotonic. */
export function seeModem(before: ModemMemory, look: Figures, at: number): ModemFound {
  const looks = [...before.looks, look].slice(-WINDOW);
  const figures = medians(looks);
  const risen = risenFigures(before.baseline, look, FIGURES);
  const verdict = verdictOf(figures, usualOf(before.baseline), looks.length / WINDOW);
  return {
    memory: { looks, baseline: learnt(before.baseline, look, FIGURES, at) },
    figures,
    // A weaker signal is no disturbance; a worse one of the same strength is.
    risen: risen.includes("snrDb") && !risen.includes("rsrpDbm"),
    ...(verdict === undefined ? {} : { verdict }),
  };
}

function verdictOf(figures: Figures, usual: Figures, completeness: number): InterferenceVerdict | undefined {
  const { snrDb, rsrqDb, rsrpDbm } = figures;
  const isUnclean = snrDb === undefined ? undefined : snrDb < 5;
  const isPoor = rsrqDb === undefined ? undefined : rsrqDb < -15;
  const isLost = rsrpDbm !== undefined && rsrpDbm <= -105;
  if (isUnclean !== true && isPoor !== true && !isLost) return undefined;
  const found: readonly Candidate[] = [
    {
      cause: "cellWeak",
      must: [rsrpDbm === undefined ? undefined : rsrpDbm <= -100],
      signs: [
        { weight: 0.6, holds: true },
        { weight: 0.2, holds: isLost },
        { weight: 0.2, holds: isUnclean },
      ],
    },
    {
      // A full cell lowers RSRQ as well: only with an unclean signal is it a disturbance.
      cause: "cellInterference",
      must: [rsrpDbm === undefined ? undefined : rsrpDbm >= -90, isUnclean],
      signs: [
        { weight: 0.6, holds: true },
        { weight: 0.3, holds: isPoor },
      ],
    },
  ];
  return weigh({ candidates: found, completeness, evidence: evidenceOf(figures, usual, FIGURES), next: NEXT });
}

const NEXT = {
  en: "Wait five minutes; then move the antenna to a window and compare RSRP and SNR there.",
  zh: "等待五分钟；然后把天线移到窗边，比较那里的 RSRP 和 SNR。",
};
