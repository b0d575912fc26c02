import { type Claim, claim, sign } from "../claim.ts";
import { isApproved, type Seen } from "../seen.ts";
import { hasCode, sameHost, type Situation, tally } from "../situation.ts";

const NOT_ACCEPTED = ["03", "C1", "D1"] as const;
/** Any card may get one of these; when every card of three issuers does, it is not the cards (reference, 2.5). */
const EVERY_CARD = ["05", "12", "57", "58"] as const;
const ISSUERS = 3;

/** The acquirer does not take this merchant any more, or not with this card. */
export function merchantClaims(situation: Situation): readonly Claim[] {
  const { payment } = situation;
  if (hasCode(...NOT_ACCEPTED)(payment)) return [notAccepted(situation)];
  return hasCode(...EVERY_CARD)(payment) ? everyCard(situation) : [];
}

function notAccepted(situation: Situation): Claim {
  const { payment, near } = situation;
  const evidence = [sign("code", payment.responseCode ?? "")];
  const here = onlyHere(situation);
  if (here !== undefined) return here;
  const { failing, since } = episode(situation);
  const all = tally([...failing, payment]);
  const otherBanks = since.filter(({ bin }) => bin !== payment.bin);
  if (otherBanks.length > 0 && all.bins === 1)
    return claim("merchant.cardTypeNotTaken", 0.8, [...evidence, sign("otherBanksApproved", otherBanks.length)]);
  if (all.bins >= 2 || all.terminals >= 2)
    return claim("merchant.invalid", 0.9, [
      ...evidence,
      sign("banksFailing", all.bins),
      sign("terminalsFailing", all.terminals),
    ]);
  const justBefore = near.filter((one) => isApproved(one) && one.at < payment.at && sameHost(situation)(one)).length;
  if (justBefore > 0)
    return claim("merchant.cardTypeNotTaken", 0.55, [...evidence, sign("approvedJustBefore", justBefore)]);
  return claim("merchant.invalid", 0.65, evidence);
}

/** Refusals that no approval of the same kind divides from this one, and approvals that came after the first of them. */
function episode(situation: Situation): { readonly failing: readonly Seen[]; readonly since: readonly Seen[] } {
  const { payment, hours } = situation;
  const peers = hours.filter(sameHost(situation));
  const approvals = peers.filter((one) => isApproved(one) && one.kind === payment.kind);
  const from = Math.max(0, ...approvals.filter(({ at }) => at < payment.at).map(({ at }) => at));
  const to = Math.min(Number.POSITIVE_INFINITY, ...approvals.filter(({ at }) => at > payment.at).map(({ at }) => at));
  const failing = peers.filter((one) => hasCode(...NOT_ACCEPTED)(one) && one.at > from && one.at < to);
  return { failing, since: approvals.filter(({ at }) => at > from) };
}

/** Every refusal is this terminal's, and the others sell meanwhile. */
function onlyHere(situation: Situation): Claim | undefined {
  const { payment, hours, changedBeforeMs } = situation;
  const peers = hours.filter(sameHost(situation));
  const failing = peers.filter(hasCode(...NOT_ACCEPTED));
  const first = Math.min(payment.at, ...failing.map(({ at }) => at));
  const since = peers.filter((one) => isApproved(one) && one.at >= first);
  const here = ({ terminal }: Seen): boolean => terminal === payment.terminal;
  const elsewhere = since.filter((one) => !here(one)).length;
  if (elsewhere === 0 || !failing.every(here) || since.some(here)) return undefined;
  const evidence = [sign("code", payment.responseCode ?? ""), sign("approvedElsewhere", elsewhere)];
  if (changedBeforeMs !== undefined)
    return claim("terminal.wrongParameters", 0.85, [...evidence, sign("changedBeforeMs", changedBeforeMs)]);
  return claim("terminal.wrongParameters", failing.length > 0 ? 0.75 : 0.5, evidence);
}

function everyCard(situation: Situation): readonly Claim[] {
  const { payment, hours } = situation;
  const peers = hours.filter(sameHost(situation)).filter(({ at }) => at <= payment.at);
  const unbroken = peers.slice(peers.findLastIndex(isApproved) + 1).filter(hasCode(...EVERY_CARD, ...NOT_ACCEPTED));
  const { bins, terminals } = tally([...unbroken, payment]);
  if (bins < ISSUERS) return [];
  // One terminal alone can be blocked as well: that every other one fails too speaks for the merchant.
  const isWholeShop = terminals > 1 || new Set(hours.map(({ terminal }) => terminal)).size <= 1;
  return isWholeShop ? [claim("merchant.invalid", 0.8, [sign("banksFailing", bins), sign("approvedNone")])] : [];
}
