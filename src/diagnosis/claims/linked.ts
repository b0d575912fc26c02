import { type Claim, claim, sign } from "../claim.ts";
import { isApproved, type Seen } from "../seen.ts";
import { hasCode, type Situation } from "../situation.ts";

const DAY_MS = 86_400_000;
/** UnionPay's rule, and what most acquirers take (reference card-data-and-batch.md, 7.2). */
const HOLD_DAYS = 30;
const HOLD_RATIO = 1.15;
const COMPLETES: ReadonlySet<string> = new Set(["completion", "completionAdvice"]);
const OF_HOLD: ReadonlySet<string> = new Set([
  "preAuth",
  "preAuthAddOn",
  "preAuthVoid",
  "completion",
  "completionAdvice",
  "completionVoid",
]);
const VOIDS: ReadonlySet<string> = new Set(["saleVoid", "completionVoid", "preAuthVoid"]);

/** What refers to an earlier transaction: completions, cancellations, voids, refunds; and holds without a card. */
export function linkedClaims(situation: Situation): readonly Claim[] {
  const { payment } = situation;
  if (OF_HOLD.has(payment.kind)) {
    const found = holdClaims(situation);
    if (found.length > 0) return found;
  }
  if (VOIDS.has(payment.kind) && hasCode("12", "22", "25", "58", "64")(payment)) return [voidClaim(situation)];
  if (payment.kind === "refund" && hasCode("12", "22", "25")(payment))
    return [claim("operator.wrongOriginal", 0.7, [sign("code", payment.responseCode ?? "")])];
  if (hasCode("13", "64")(payment)) return [amountClaim(situation)];
  return [];
}

function holdClaims({ payment, hold }: Situation): readonly Claim[] {
  const { kind, responseCode = "", card, amount, original } = payment;
  const evidence = [sign("code", responseCode)];
  if (card === undefined && payment.acquirer !== undefined && hasCode("12", "14", "22", "25", "30")(payment))
    return [claim("preauth.missingCard", 0.85, [...evidence, sign("noCardNumber")])];
  if (kind === "preAuth" || !hasCode("12", "13", "14", "22", "25", "54", "61", "64", "94")(payment)) return [];
  if (hold?.doneBy !== undefined)
    return [claim("preauth.alreadyDone", 0.92, [...evidence, sign("holdDoneBy", hold.doneBy)])];
  if (hold !== undefined) {
    const days = Math.floor((payment.at - hold.at) / DAY_MS);
    if (days > HOLD_DAYS) return [claim("preauth.tooOld", 0.9, [...evidence, sign("holdDays", days)])];
    const ratio = hold.amount === undefined || amount === undefined ? 0 : amount / hold.amount;
    if (COMPLETES.has(kind) && ratio > HOLD_RATIO)
      return [claim("preauth.overRatio", 0.9, [...evidence, sign("holdRatio", Math.round(ratio * 100) / 100)])];
    return [];
  }
  const isEmpty = original?.stan === undefined || /^0*$/.test(original.stan);
  if (!hasCode("12", "22", "25")(payment)) return [];
  return isEmpty
    ? [claim("preauth.missingAuthCode", 0.75, [...evidence, sign("noOriginal")])]
    : [claim("preauth.originalNotFound", 0.75, [...evidence, sign("originalNotHere")])];
}

function voidClaim(situation: Situation): Claim {
  const { payment, hours } = situation;
  const evidence = [sign("code", payment.responseCode ?? "")];
  const original = hours.find(({ id }) => id === payment.originalTransaction);
  if (hours.some((one) => isEarlierVoid(one, payment)))
    return claim("operator.wrongOriginal", 0.9, [...evidence, sign("alreadyVoided")]);
  if (original !== undefined && original.terminal !== payment.terminal)
    return claim("operator.voidElsewhere", 0.9, [...evidence, sign("soldOn", original.terminal)]);
  const settled = settledSince(situation, original);
  if (settled !== undefined) return claim("operator.voidAfterSettlement", 0.88, [...evidence, sign(settled)]);
  if (hasCode("64")(payment)) {
    const differs = original?.amount !== undefined && original.amount !== payment.amount;
    return claim("operator.wrongEntry", differs ? 0.9 : 0.7, [
      ...evidence,
      ...(differs ? [sign("amountDiffers")] : []),
    ]);
  }
  if (original === undefined && hasCode("25")(payment))
    return claim("operator.wrongOriginal", 0.75, [...evidence, sign("originalNotHere")]);
  return claim("operator.wrongOriginal", hasCode("58")(payment) ? 0.4 : 0.55, evidence);
}

function isEarlierVoid(one: Seen, { at, originalTransaction }: Seen): boolean {
  const isSame = one.originalTransaction !== undefined && one.originalTransaction === originalTransaction;
  return isSame && VOIDS.has(one.kind) && isApproved(one) && one.at <= at;
}

/** The original's batch is the host's already: by the time of both, or by the number of the batch. */
function settledSince({ payment, terminal }: Situation, original: Seen | undefined): string | undefined {
  if (original !== undefined && terminal.settledAt !== undefined && terminal.settledAt > original.at)
    return "settledSince";
  const batch = payment.original?.batch;
  return batch !== undefined && terminal.batch !== undefined && batch !== terminal.batch ? "otherBatch" : undefined;
}

/** One mistyped amount is a slip; several on one terminal are what the till sends. */
function amountClaim({ payment, near }: Situation): Claim {
  const evidence = [sign("code", payment.responseCode ?? "")];
  const alike = near.filter(
    (one) => hasCode("13", "64")(one) && one.terminal === payment.terminal && one.card !== payment.card,
  );
  return alike.length >= 2
    ? claim("data.amount", 0.8, [...evidence, sign("onlyThisTerminal", alike.length + 1)])
    : claim("operator.wrongEntry", 0.7, evidence);
}
