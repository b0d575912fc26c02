import type { DiagnosisCause } from "../../domain/diagnosis.ts";
import { type Claim, claim, sign } from "../claim.ts";
import { isApproved, type Seen } from "../seen.ts";
import { hasCode, type Situation, tally } from "../situation.ts";

/**
 * What a code says of one card when nothing around it says otherwise (reference response-codes.md, 2.2), and what that is
 * worth. Codes that are not here say nothing by themselves: acquirers use them differently.
 */
const SAYS: Readonly<Record<string, readonly [DiagnosisCause, number]>> = {
  "01": ["issuer.declined", 0.7],
  "02": ["issuer.declined", 0.7],
  "04": ["card.keep", 0.8],
  "05": ["issuer.declined", 0.65],
  "07": ["card.keep", 0.8],
  "15": ["card.notSupported", 0.8],
  "17": ["issuer.declined", 0.65],
  "21": ["card.restricted", 0.7],
  "31": ["card.notSupported", 0.8],
  "33": ["card.keep", 0.8],
  "34": ["card.keep", 0.8],
  "35": ["card.keep", 0.8],
  "36": ["card.keep", 0.8],
  "37": ["card.keep", 0.8],
  "38": ["limit.pinTries", 0.9],
  "39": ["card.restricted", 0.7],
  "41": ["card.keep", 0.85],
  "42": ["card.restricted", 0.65],
  "43": ["card.keep", 0.85],
  "44": ["card.restricted", 0.7],
  "45": ["operator.chipNotUsed", 0.85],
  "51": ["card.insufficientFunds", 0.85],
  "52": ["card.restricted", 0.7],
  "53": ["card.restricted", 0.7],
  "55": ["customer.wrongPin", 0.85],
  "56": ["card.restricted", 0.7],
  "57": ["card.notPermitted", 0.65],
  "59": ["security.refused", 0.75],
  "60": ["security.refused", 0.65],
  "61": ["limit.amount", 0.85],
  "62": ["card.restricted", 0.75],
  "63": ["security.refused", 0.7],
  "66": ["security.refused", 0.7],
  "67": ["card.keep", 0.8],
  "75": ["limit.pinTries", 0.9],
  "79": ["settlement.notBalanced", 0.7],
  "93": ["security.refused", 0.7],
  "95": ["settlement.notBalanced", 0.85],
  A1: ["data.format", 0.65],
  A3: ["card.restricted", 0.7],
  N1: ["limit.amount", 0.8],
  Z1: ["issuer.declined", 0.7],
};

/** Cards that one terminal misread, before it is the reader. */
const MISREAD = 3;
/** Cards of different banks that expired at once: it is the terminal's calendar. */
const EXPIRED = 2;
const FOREIGN: ReadonlySet<string> = new Set(["visa", "mastercard", "maestro", "amex", "jcb", "diners", "discover"]);

/** What is about the card, its holder or its limits. */
export function cardClaims(situation: Situation): readonly Claim[] {
  const { responseCode } = situation.payment;
  if (responseCode === undefined) return [];
  switch (responseCode) {
    case "14":
      return [wrongNumber(situation)];
    case "54":
      return [expired(situation)];
    case "65":
      return [tooOften(situation)];
    case "12":
      return [invalidTransaction(situation)];
    case "Z3":
      return [notOnline(situation)];
    default: {
      const said = SAYS[responseCode];
      return said === undefined ? [] : [claim(said[0], said[1], [sign("code", responseCode)])];
    }
  }
}

function sameTerminal({ payment, near }: Situation): readonly Seen[] {
  return near.filter(({ terminal }) => terminal === payment.terminal);
}

function wrongNumber(situation: Situation): Claim {
  const { payment } = situation;
  const evidence = [sign("code", "14")];
  const { cards } = tally([...sameTerminal(situation).filter(hasCode("14")), payment]);
  if (cards >= MISREAD && payment.method !== "keyed" && !sameTerminal(situation).some(isApproved))
    return claim("hardware.reader", 0.8, [...evidence, sign("cardsFailing", cards)]);
  if (payment.method === "keyed") return claim("operator.wrongEntry", 0.8, [...evidence, sign("entry", "keyed")]);
  if (payment.luhnOk === false) return claim("card.unreadable", 0.8, [...evidence, sign("checkDigitWrong")]);
  return claim("card.invalidNumber", 0.65, evidence);
}

function expired(situation: Situation): Claim {
  const { payment } = situation;
  const own = sameTerminal(situation);
  const { bins } = tally([...own.filter(hasCode("54")), payment]);
  return bins >= EXPIRED && !own.some((one) => isApproved(one) && one.method !== "keyed")
    ? claim("data.terminalClock", 0.8, [sign("code", "54"), sign("banksFailing", bins)])
    : claim("card.expired", 0.8, [sign("code", "54")]);
}

/** Visa and Mastercard answer 65 also when the chip or the PIN is wanted after taps (reference, 2.3). */
function tooOften({ payment }: Situation): Claim {
  const isTap = payment.method === "contactless" || payment.method === "contactlessMagstripe";
  return FOREIGN.has(payment.scheme ?? "") && isTap
    ? claim("card.stepUp", 0.8, [sign("code", "65"), sign("entry", "contactless")])
    : claim("limit.count", 0.8, [sign("code", "65")]);
}

function invalidTransaction(situation: Situation): Claim {
  const others = sameTerminal(situation).filter((one) => isApproved(one) && one.kind === situation.payment.kind).length;
  return claim("card.notPermitted", others > 0 ? 0.7 : 0.5, [
    sign("code", "12"),
    ...(others > 0 ? [sign("otherCardsApproved", others)] : []),
  ]);
}

function notOnline({ line }: Situation): Claim {
  const fault = line.at(-1);
  return fault === undefined
    ? claim("line.down", 0.55, [sign("code", "Z3")])
    : claim("line.down", 0.85, [sign("code", "Z3"), sign("lineVerdict", fault.fault)], fault.stage);
}
