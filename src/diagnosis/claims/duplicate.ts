import { type Claim, claim, sign } from "../claim.ts";
import { isApproved, type Seen } from "../seen.ts";
import { hasCode, isUnanswered, type Situation } from "../situation.ts";

const MINUTE_MS = 60_000;
/** The same card and amount again within this time is asked about. ms. */
const AGAIN_MS = 10 * MINUTE_MS;
const REPEATED_MS = 30 * MINUTE_MS;
/** Alike in that time: more is how this shop sells (a canteen's fixed price), and no slip. */
const ALIKE_MOST = 3;
/** Refusals of one card for want of money, before it is no longer news to the customer. */
const TRIES = 3;
const SALES: ReadonlySet<string> = new Set(["sale", "offlineSale", "preAuth"]);

/**
 * An earlier payment that this one may have charged a second time: the same card and amount, minutes before. `approved`:
 * both went through; `open`: nobody knows whether the first one did.
 *
 * @param sameCard  Payments with its card.
 */
export function repeatsCharge(payment: Seen, sameCard: readonly Seen[]): "approved" | "open" | undefined {
  const { card, amount, kind, isOverridden } = payment;
  if (card === undefined || amount === undefined || !SALES.has(kind) || !isApproved(payment) || isOverridden)
    return undefined;
  const alike = sameCard.filter(
    (one) =>
      one.id !== payment.id &&
      one.amount === amount &&
      one.kind === kind &&
      one.at <= payment.at &&
      payment.at - one.at <= AGAIN_MS,
  );
  if (alike.length > ALIKE_MOST) return undefined;
  if (alike.some((one) => isApproved(one) && one.isVoided !== true)) return "approved";
  return alike.some((one) => isUnanswered(one) && one.outcome !== "reversed" && one.event !== "notSent")
    ? "open"
    : undefined;
}

/** The same thing twice: asked twice, charged twice, or called a duplicate by the host. */
export function duplicateClaims(situation: Situation): readonly Claim[] {
  const { payment, sameCard } = situation;
  if (hasCode("94")(payment)) return [calledDuplicate(situation)];
  if (hasCode("51")(payment)) return triedAgain(situation);
  const first = repeatsCharge(payment, sameCard);
  if (first === undefined) return [];
  return first === "approved"
    ? [claim("duplicate.charge", 0.75, [sign("sameCardAndAmount"), sign("firstApproved")])]
    : [claim("line.repetition", 0.8, [sign("sameCardAndAmount"), sign("firstUnanswered")])];
}

function calledDuplicate({ payment, hours, changedBeforeMs }: Situation): Claim {
  const evidence = [sign("code", "94")];
  const before = hours.filter(({ at, terminal }) => at <= payment.at && terminal === payment.terminal);
  const isSame = (one: Seen): boolean =>
    payment.at - one.at <= REPEATED_MS &&
    (one.stan === payment.stan ||
      (one.card !== undefined && one.card === payment.card && one.amount === payment.amount));
  if (before.some((one) => isSame(one) && isUnanswered(one)))
    return claim("line.repetition", 0.9, [...evidence, sign("firstUnanswered")]);
  if (before.some((one) => isSame(one) && isApproved(one) && one.stan !== payment.stan))
    return claim("duplicate.charge", 0.8, [...evidence, sign("sameCardAndAmount"), sign("firstApproved")]);
  const alike = before.filter((one) => hasCode("94")(one) && one.card !== payment.card).length;
  const isReused = before.some((one) => one.stan === payment.stan && one.card !== payment.card);
  if (alike > 0 || isReused || changedBeforeMs !== undefined)
    return claim("terminal.traceReset", 0.8, [
      ...evidence,
      sign(isReused ? "stanReused" : "duplicatesInARow", alike + 1),
    ]);
  return claim("terminal.traceReset", 0.5, evidence);
}

function triedAgain({ payment, sameCard }: Situation): readonly Claim[] {
  const tries = sameCard.filter((one) => hasCode("51")(one) && payment.at - one.at <= REPEATED_MS).length + 1;
  return tries >= TRIES ? [claim("customer.retry", 0.9, [sign("code", "51"), sign("tries", tries)])] : [];
}
