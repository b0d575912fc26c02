import { type Claim, claim, sign } from "../claim.ts";
import { isApproved } from "../seen.ts";
import { hasCode, isUnanswered, sameHost, type Situation, tally } from "../situation.ts";

/** Somebody behind the acquirer's door does not work: which one stands not in the code. */
const TROUBLE = ["91", "92", "96", "06", "68", "98", "09", "19", "20"] as const;
/** Those that name the issuer, and what they are worth alone (reference response-codes.md, 2.2). */
const NAMES_ISSUER: Readonly<Record<string, number>> = { "98": 0.65, "68": 0.6, "91": 0.55, "09": 0.5 };

/** Chinese networks change the business day about 23:00; 90 for some minutes is normal (card-data-and-batch.md, 7.3). */
const DAY_CUT = { from: "225500", to: "231500" } as const;

/** Answers that say that the host, the switch or the issuer did not work. */
export function hostClaims(situation: Situation): readonly Claim[] {
  const { responseCode } = situation.payment;
  if (responseCode === "90") return dayCut(situation);
  return hasCode(...TROUBLE)(situation.payment) ? trouble(situation) : [];
}

function dayCut({ payment, near }: Situation): readonly Claim[] {
  const { terminalTime } = payment;
  const evidence = [sign("code", "90")];
  if (terminalTime !== undefined && terminalTime >= DAY_CUT.from && terminalTime <= DAY_CUT.to)
    return [claim("host.dayCut", 0.9, [...evidence, sign("atDayCut", terminalTime)])];
  const alike = near.filter(hasCode("90")).length;
  return [claim("host.outage", alike > 0 ? 0.7 : 0.5, [...evidence, sign("notAtDayCut")])];
}

function trouble(situation: Situation): readonly Claim[] {
  const { payment, near } = situation;
  const code = payment.responseCode ?? "";
  const peers = near.filter(sameHost(situation));
  const failing = peers.filter((one) => hasCode(...TROUBLE)(one) || isUnanswered(one));
  const approved = peers.filter(isApproved);
  const all = tally([...failing, payment]);
  const evidence = [sign("code", code)];
  const otherBins = approved.filter(({ bin }) => bin !== payment.bin);
  const sameBin = approved.filter(({ bin }) => bin === payment.bin);
  if (approved.length === 0 && (all.bins >= 2 || all.terminals >= 2))
    return [claim("host.outage", 0.85, [...evidence, sign("banksFailing", all.bins), sign("approvedNone")])];
  const ownFailing = tally([...failing.filter(({ terminal }) => terminal === payment.terminal), payment]);
  const ownApproved = approved.filter(({ terminal }) => terminal === payment.terminal).length;
  if (ownFailing.bins >= 2 && ownApproved === 0 && approved.length >= 2)
    return [
      claim("terminal.wrongParameters", 0.7, [
        ...evidence,
        sign("onlyThisTerminal", ownFailing.payments),
        sign("approvedElsewhere", approved.length),
      ]),
    ];
  if (otherBins.length > 0 && sameBin.length === 0) {
    const again = failing.some(({ bin }) => bin === payment.bin);
    const worth = again ? 0.8 : code in NAMES_ISSUER ? 0.65 : 0.5;
    return [claim("issuer.unavailable", worth, [...evidence, sign("otherBanksApproved", otherBins.length)])];
  }
  return [claim(code in NAMES_ISSUER ? "issuer.unavailable" : "host.outage", NAMES_ISSUER[code] ?? 0.5, evidence)];
}
