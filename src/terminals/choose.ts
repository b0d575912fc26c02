import type { Currency } from "../domain/money.ts";
import { AT_ITS_TERMINAL, type PaymentKind } from "../domain/payment.ts";
import type { TerminalId } from "../domain/terminal.ts";
import type { ClaimRefusal, Wanted } from "./claim.ts";

/** One terminal as the choice sees it. */
export interface Candidate {
  readonly id: TerminalId;
  readonly group?: string;
  /** Whose money it takes; none is one of its own. */
  readonly merchant?: string;
  readonly standbyFor?: TerminalId;
  /** `undefined` before its driver was made: what it can do is not known. */
  readonly payments?: ReadonlySet<PaymentKind>;
  /** `undefined` where only the terminal itself can tell. */
  readonly currencies?: ReadonlySet<Currency>;
  /** Why it cannot be had now. */
  readonly refusal?: Omit<ClaimRefusal, "terminal">;
  /** It has been well since its last trouble for long enough to give back what a standby took over. */
  readonly isStable: boolean;
}

/**
 * Which terminal takes an order. By name that one, and a standby only where it cannot be had for longer than one payment
 * takes; by group or for any, the first in the config's order that is free, standbys last. What undoes or completes an earlier
 * payment goes to the terminal that is named, or to none: nobody stands in for it. Where terminals of more than one merchant could
 * take it, none is chosen: the customer pays whom the till names (product.md, S1).
 */
export function choose(candidates: readonly Candidate[], wanted: Wanted, kind: PaymentKind): Candidate | ClaimRefusal {
  const { terminal, group } = wanted;
  const takers = candidates.filter(({ currencies }) => takes(currencies, wanted));
  if (terminal !== undefined) {
    const isOther = candidates.some(({ id, currencies }) => id === terminal && !takes(currencies, wanted));
    return isOther ? { refused: "wrongCurrency", terminal } : chooseByName(takers, terminal, kind);
  }
  const isMeant = (one: Candidate): boolean => group === undefined || one.group === group;
  if (!candidates.some(isMeant)) return { refused: group === undefined ? "noneFree" : "unknownGroup" };
  const able = candidates.filter(isMeant).filter((one) => can(one, kind));
  if (able.length === 0) return { refused: "notSupported" };
  if (AT_ITS_TERMINAL.has(kind) && able.length > 1) return { refused: "unknownTerminal" };
  const taking = able.filter((one) => takers.includes(one));
  if (merchantsOf(taking).size > 1) return { refused: "severalMerchants" };
  return taking.length === 0 ? { refused: "wrongCurrency" } : chooseAmong(takers, taking, kind);
}

/** Not by what is free just now: the same order would go to another merchant a minute later. */
function merchantsOf(candidates: readonly Candidate[]): ReadonlySet<string | undefined> {
  // A device without merchant whose driver was not made yet may be one that takes no payments at all; nor can it be had.
  const known = candidates.filter(({ merchant, payments }) => merchant !== undefined || payments !== undefined);
  return new Set(known.map(({ merchant }) => merchant));
}

function takes(currencies: Candidate["currencies"], { currency }: Wanted): boolean {
  return currency === undefined || currencies?.has(currency) !== false;
}

function can({ payments }: Candidate, kind: PaymentKind): boolean {
  return payments?.has(kind) !== false;
}

function chooseAmong(
  candidates: readonly Candidate[],
  able: readonly Candidate[],
  kind: PaymentKind,
): Candidate | ClaimRefusal {
  const primaries = able.filter(({ standbyFor }) => standbyFor === undefined);
  const standbys = standbysOf(candidates, able, kind);
  const free = [
    ...primaries.filter(({ isStable }) => isStable),
    ...standbys,
    ...primaries.filter(({ isStable }) => !isStable),
  ].find(isFree);
  if (free !== undefined) return free;
  const [first] = able;
  const alone =
    able.length === 1 && first?.refusal !== undefined ? { terminal: first.id, ...first.refusal } : undefined;
  return alone ?? { refused: "noneFree", because: reasonsOf(able) };
}

function chooseByName(candidates: readonly Candidate[], id: TerminalId, kind: PaymentKind): Candidate | ClaimRefusal {
  const named = candidates.find((one) => one.id === id);
  if (named === undefined) return { refused: "unknownTerminal", terminal: id };
  if (!can(named, kind)) return { refused: "notSupported", terminal: id };
  if (named.refusal === undefined && named.isStable) return named;
  if (AT_ITS_TERMINAL.has(kind)) return named.refusal === undefined ? named : { terminal: id, ...named.refusal };
  // Whoever is busy will be free in a minute, and a second order at one till is most often a mistake.
  const isOut = named.refusal !== undefined && named.refusal.refused !== "busy";
  const standby = isOut || named.refusal === undefined ? standbysOf(candidates, [named], kind).find(isFree) : undefined;
  if (standby !== undefined) return standby;
  return named.refusal === undefined ? named : { terminal: id, ...named.refusal };
}

/** Those that may stand in for one of `primaries`, or stand among them themselves. */
function standbysOf(
  candidates: readonly Candidate[],
  primaries: readonly Candidate[],
  kind: PaymentKind,
): readonly Candidate[] {
  const ids = new Set(primaries.map(({ id }) => id));
  return candidates.filter(
    (one) => one.standbyFor !== undefined && (ids.has(one.id) || ids.has(one.standbyFor)) && can(one, kind),
  );
}

function isFree({ refusal }: Candidate): boolean {
  return refusal === undefined;
}

function reasonsOf(candidates: readonly Candidate[]): string {
  return candidates
    .slice(0, 8)
    .map(({ id, refusal }) => `${id}: ${refusal?.because ?? refusal?.refused ?? "free"}`)
    .join("; ");
}
