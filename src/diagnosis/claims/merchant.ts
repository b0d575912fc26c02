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
  const { payment, hours, near, changedBeforeMs } = situation;
  const code = payment.responseCode ?? "";
  const peers = hours.filter(sameHost(situation));
  const failing = peers.filter(hasCode(...NOT_ACCEPTED));
  const first = Math.min(payment.at, ...failing.map(({ at }) => at));
  const since = peers.filter((one) => isApproved(one) && one.at >= first);
  const here = ({ terminal }: Seen): boolean => terminal === payment.terminal;
  const evidence = [sign("code", code)];
  const all = tally([...failing, payment]);
  const elsewhere = since.filter((one) => !here(one)).length;
  const isOnlyHere = failing.every(here) && !since.some(here);
  if (isOnlyHere && elsewhere > 0) {
    const changed = changedBeforeMs === undefined ? [] : [sign("changedBeforeMs", changedBeforeMs)];
    const worth = changedBeforeMs === undefined ? (failing.length > 0 ? 0.75 : 0.5) : 0.85;
    return claim("terminal.wrongParameters", worth, [...evidence, sign("approvedElsewhere", elsewhere), ...changed]);
  }
  const otherBanks = since.filter(({ bin }) => bin !== payment.bin);
  if (otherBanks.length > 0 && all.bins === 1)
    return claim("merchant.cardTypeNotTaken", 0.8, [...evidence, sign("otherBanksApproved", otherBanks.length)]);
  if (all.bins >= 2 || all.terminals >= 2)
    return claim("merchant.invalid", since.length === 0 ? 0.9 : 0.55, [
      ...evidence,
      sign("banksFailing", all.bins),
      sign("terminalsFailing", all.terminals),
    ]);
  const justBefore = near.filter((one) => isApproved(one) && one.at < payment.at && sameHost(situation)(one)).length;
  if (justBefore > 0)
    return claim("merchant.cardTypeNotTaken", 0.55, [...evidence, sign("approvedJustBefore", justBefore)]);
  return claim("merchant.invalid", 0.65, evidence);
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
