import { instant, type Instant } from "../../domain/clock.ts";
import type { Impact } from "../../domain/impact.ts";
import { terminalId } from "../../domain/terminal.ts";
import { binomialTail } from "./binomial-tail.ts";
import { impactText } from "./impact-text.ts";
import { type Cell, type Episode, type ImpactState, isWithin, NOTHING, sum } from "./state.ts";

/** Fewer are an accident, however rare they are. */
const AT_LEAST = 3;
/** One day has a few dozen episodes: more often than this chance would be blamed on the line every other day. */
const BY_CHANCE = 0.001;
/** Without a history nobody knows what is usual. Payments. */
const KNOWN_FROM = 30;

/** What went wrong with payments while line or channels were disturbed, newest first. @param timeZone  The shop's, IANA. */
export function impactsAt(state: ImpactState, timeZone: string): readonly Impact[] {
  return state.episodes.flatMap((episode) => impactOf(state, episode, timeZone)).toReversed();
}

function impactOf(state: ImpactState, episode: Episode, timeZone: string): readonly Impact[] {
  const during = byTerminal(state, (minute) => isWithin(episode, minute));
  const calm = byTerminal(state, (minute) => !state.isDisturbed(minute));
  const all = total([...during.values()]);
  const wrong = all.unanswered + all.slow;
  if (wrong < AT_LEAST) return [];
  const terminals = [...during].filter(([, cell]) => cell.unanswered + cell.slow > 0).map(([terminal]) => terminal);
  const usual = total(
    [...during.keys()].map((name) => sum(calm.get(name) ?? NOTHING, state.usual.get(name) ?? NOTHING)),
  );
  if (usual.payments < KNOWN_FROM) return [];
  // Laplace's rule: that none went wrong yet does not prove that none ever does.
  const chance = (usual.unanswered + usual.slow + 1) / (usual.payments + 2);
  if (binomialTail(wrong, all.payments, chance) > BY_CHANCE) return [];
  const found = {
    disturbance: episode.disturbance,
    from: at(episode.from),
    ...(episode.to === undefined ? {} : { to: at(episode.to) }),
    terminals: terminals.toSorted().map(terminalId),
    ...all,
    usualShare: (usual.unanswered + usual.slow) / usual.payments,
    usualOf: Math.round(usual.payments),
  };
  return [{ ...found, text: impactText(found, timeZone) }];
}

function at(ms: number): Instant {
  return instant(ms);
}

function byTerminal(state: ImpactState, wanted: (minute: number) => boolean): ReadonlyMap<string, Cell> {
  const found = new Map<string, Cell>();
  for (const [minute, cells] of state.minutes) {
    if (!wanted(minute)) continue;
    for (const [terminal, cell] of cells) found.set(terminal, sum(found.get(terminal) ?? NOTHING, cell));
  }
  return found;
}

function total(cells: readonly Cell[]): Cell {
  return cells.reduce(sum, NOTHING);
}
