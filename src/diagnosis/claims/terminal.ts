import { type Claim, claim, sign } from "../claim.ts";
import { isApproved, type Seen } from "../seen.ts";
import { hasCode, type Situation, tally } from "../situation.ts";

const HOUR_MS = 3_600_000;
/** So many refused sign-ins in an hour are a loop, and no hiccup. */
const LOOP = 3;
/** PINs that one terminal's cards got wrong, before it is the terminal's key. */
const WRONG_PINS = 3;

/** Answers that are about the terminal: blocked, not signed in, one function, its keys, its parameters. */
export function terminalClaims(situation: Situation): readonly Claim[] {
  switch (situation.payment.responseCode) {
    case "97":
      return notRegistered(situation);
    case "58":
      return notPermitted(situation);
    case "40":
      return notSupported(situation);
    case "77":
    case "99":
    case "F0":
      return notSignedIn(situation);
    case "A0":
    case "A7":
      return badMac(situation);
    case "30":
      return badFormat(situation);
    case "55":
      return everyPinWrong(situation);
    default:
      return [];
  }
}

function own({ payment }: Situation): (one: Seen) => boolean {
  return ({ terminal }) => terminal === payment.terminal;
}

function withCode(situation: Situation): readonly Seen[] {
  return situation.hours.filter(hasCode(situation.payment.responseCode ?? ""));
}

function notRegistered(situation: Situation): readonly Claim[] {
  const { terminals } = tally([...withCode(situation), situation.payment]);
  const evidence = [sign("code", "97")];
  if (situation.changedBeforeMs !== undefined)
    return [claim("terminal.moved", 0.85, [...evidence, sign("changedBeforeMs", situation.changedBeforeMs)])];
  if (terminals > 1 && !situation.hours.some(isApproved))
    return [claim("merchant.invalid", 0.8, [...evidence, sign("terminalsFailing", terminals)])];
  return [claim("terminal.disabled", 0.85, evidence)];
}

function notPermitted(situation: Situation): readonly Claim[] {
  const { payment, hours, terminal } = situation;
  const evidence = [sign("code", "58")];
  const failing = withCode(situation);
  const first = Math.min(payment.at, ...failing.filter(own(situation)).map(({ at }) => at));
  const approvedHere = hours.filter((one) => own(situation)(one) && isApproved(one));
  if (approvedHere.some(({ kind, at }) => kind !== payment.kind && at >= first))
    return [claim("terminal.functionDisabled", 0.85, [...evidence, sign("otherKindsApproved", payment.kind)])];
  if (approvedHere.some(({ kind, at }) => kind === payment.kind && at >= first))
    return [claim("card.notPermitted", 0.7, [...evidence, sign("otherCardsApproved", approvedHere.length)])];
  if (terminal.refusedSignIns.length > 0)
    return [claim("terminal.disabled", 0.9, [...evidence, sign("signInRefused", terminal.refusedSignIns.length)])];
  const here = tally([...failing.filter(own(situation)), payment]);
  const elsewhere = hours.filter((one) => !own(situation)(one) && one.at >= first);
  if (failing.some((one) => !own(situation)(one)) && !elsewhere.some(isApproved))
    return [
      claim("merchant.invalid", 0.8, [...evidence, sign("terminalsFailing", tally([...failing, payment]).terminals)]),
    ];
  if (here.bins >= 2) return [claim("terminal.disabled", 0.85, [...evidence, sign("banksFailing", here.bins)])];
  return [claim("terminal.disabled", 0.55, evidence)];
}

function notSupported(situation: Situation): readonly Claim[] {
  const { payment, hours } = situation;
  const evidence = [sign("code", "40")];
  const approvedHere = hours.filter((one) => own(situation)(one) && isApproved(one));
  if (approvedHere.some(({ kind }) => kind === payment.kind))
    return [claim("card.notSupported", 0.75, [...evidence, sign("otherCardsApproved", approvedHere.length)])];
  if (approvedHere.length > 0)
    return [claim("terminal.functionDisabled", 0.85, [...evidence, sign("otherKindsApproved", payment.kind)])];
  return [claim("terminal.functionDisabled", 0.55, evidence)];
}

function notSignedIn(situation: Situation): readonly Claim[] {
  const { payment, terminal } = situation;
  const evidence = [sign("code", payment.responseCode ?? "")];
  const refused = terminal.refusedSignIns.filter(({ at }) => payment.endedAt - at <= HOUR_MS).length;
  if (refused >= LOOP) return [claim("terminal.signInRefused", 0.9, [...evidence, sign("signInRefused", refused)])];
  if (payment.responseCode === "99") {
    const { bins } = tally([...withCode(situation).filter(own(situation)), payment]);
    return [
      bins >= 2
        ? claim("terminal.keys", 0.8, [...evidence, sign("banksFailing", bins)])
        : claim("terminal.unsigned", 0.6, evidence),
    ];
  }
  return [claim("terminal.unsigned", 0.8, evidence)];
}

function badMac(situation: Situation): readonly Claim[] {
  const { payment, hours } = situation;
  const evidence = [sign("code", payment.responseCode ?? "")];
  const { terminals } = tally([...withCode(situation), payment]);
  if (terminals > 1) return [claim("host.keys", 0.85, [...evidence, sign("terminalsFailing", terminals)])];
  const alone = withCode(situation).length === 0;
  const isWellSince = hours.some((one) => own(situation)(one) && isApproved(one) && one.at > payment.at);
  if (alone && isWellSince) return [claim("terminal.lineDisturbed", 0.5, [...evidence, sign("approvedSince")])];
  return [claim("terminal.keys", 0.75, evidence)];
}

function badFormat(situation: Situation): readonly Claim[] {
  const { payment, hours, changedBeforeMs } = situation;
  const evidence = [sign("code", "30")];
  if (changedBeforeMs !== undefined)
    return [claim("terminal.wrongParameters", 0.85, [...evidence, sign("changedBeforeMs", changedBeforeMs)])];
  const failing = withCode(situation);
  const { terminals, cards } = tally([...failing, payment]);
  if (terminals > 1) return [claim("host.formatChanged", 0.8, [...evidence, sign("terminalsFailing", terminals)])];
  const approvedHere = hours.filter((one) => own(situation)(one) && isApproved(one)).length;
  if (cards === 1 && approvedHere > 0)
    return [claim("card.unreadable", 0.65, [...evidence, sign("otherCardsApproved", approvedHere)])];
  return [claim("data.format", cards > 1 ? 0.75 : 0.55, evidence)];
}

/** One customer mistypes; three in a row on one terminal do not. */
function everyPinWrong(situation: Situation): readonly Claim[] {
  const { payment, near } = situation;
  const before = near.filter((one) => own(situation)(one) && one.at <= payment.at);
  const unbroken = before.slice(before.findLastIndex(isApproved) + 1).filter(hasCode("55", "99"));
  const { cards } = tally([...unbroken, payment]);
  return cards >= WRONG_PINS ? [claim("terminal.keys", 0.9, [sign("code", "55"), sign("cardsFailing", cards)])] : [];
}
