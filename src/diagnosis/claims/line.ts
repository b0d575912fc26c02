import { assertNever } from "../../domain/assert-never.ts";
import type { Stage } from "../../domain/stage.ts";
import { type Claim, claim, sign } from "../claim.ts";
import type { LineEpisode } from "../episodes.ts";
import { isApproved } from "../seen.ts";
import { hasCode, isUnanswered, sameHost, type Situation } from "../situation.ts";

const MINUTE_MS = 60_000;
/** Terminals give up after 25 to 60 s: an answer that took longer was the host's fault. ms. */
const HOST_SLOW_MS = 25_000;
/** Whoever hangs up on an answer that came within this time did not wait for it. ms. */
const HOST_QUICK_MS = 10_000;
/** Payments that close together meet the same line. ms. */
const SAME_LINE_MS = 3 * MINUTE_MS;
/** A terminal repeats what it got no answer to at once, or with the next sale. ms. */
const REPEATED_MS = 30 * MINUTE_MS;

/** No answer, or one that came too late: which piece of the way swallowed it. */
export function lineClaims(situation: Situation): readonly Claim[] {
  const { payment } = situation;
  if (!isUnanswered(payment)) return [];
  return [
    ...restarted(situation),
    ...situation.line.flatMap((episode) => fromVerdict(episode, situation)),
    ...fromChannels(situation),
    ...fromHostTime(situation),
    ...fromRepetition(situation),
    ...fromPeers(situation),
    ...fromTerminal(situation),
  ];
}

function restarted({ payment, start }: Situation): readonly Claim[] {
  if (start?.cause === "powerLost") return [claim("hardware.power", 0.95, [sign("powerLost")])];
  if (start !== undefined || payment.reason === "daemonRestarted")
    return [claim("box.restarted", 0.9, [sign("restarted")])];
  return [];
}

function fromVerdict({ stage, fault }: LineEpisode, { payment, disturbed }: Situation): readonly Claim[] {
  const evidence = [sign("lineVerdict", fault)];
  switch (stage) {
    case "acquirer":
      return [claim(fault === "acquirer.slow" ? "host.slow" : "host.outage", 0.9, evidence)];
    case "terminals":
      return [claim("terminal.connection", 0.85, evidence)];
    case "box":
      return fault === "box.underVoltage" ? [claim("hardware.power", 0.85, evidence)] : [];
    case "interface":
    case "router":
    case "provider":
    case "dns":
    case "portal": {
      const lost = payment.event === "answeredLate" ? claim("line.answerLost", 0.9, evidence, stage) : undefined;
      const by = disturbed.find(({ channel }) => !channel.startsWith("serial:"));
      const found =
        by === undefined
          ? claim("line.down", 0.9, evidence, stage)
          : claim("line.disturbed", 0.92, [...evidence, sign("channelDisturbed", `${by.channel} ${by.cause}`)], stage);
      return lost === undefined ? [found] : [lost];
    }
    case "hqTcp":
    case "hqTls":
    case "hqMqtt":
      return [];
    default:
      return assertNever(stage);
  }
}

/** Interference alone slows and loses, yet most answers come through: it is worth less than a stage that failed. */
function fromChannels({ payment, disturbed, isUnderVoltage }: Situation): readonly Claim[] {
  const found = disturbed.map(({ channel, cause }) => {
    const evidence = [sign("channelDisturbed", `${channel} ${cause}`)];
    const [kind, name] = channel.split(":");
    if (kind === "serial" || kind === "usb")
      return name === payment.terminal ? claim("terminal.lineDisturbed", 0.85, evidence) : undefined;
    return claim("line.disturbed", 0.7, evidence, "interface");
  });
  const power = isUnderVoltage ? [claim("hardware.power", 0.65, [sign("underVoltage")])] : [];
  return [...found.filter((one) => one !== undefined), ...power];
}

function fromHostTime({ payment }: Situation): readonly Claim[] {
  const { event, hostMs } = payment;
  if (event !== "answeredLate" || hostMs === undefined) return [];
  const evidence = [sign("answerAfterMs", Math.round(hostMs))];
  if (hostMs >= HOST_SLOW_MS) return [claim("host.slow", 0.8, evidence)];
  return hostMs <= HOST_QUICK_MS ? [claim("terminal.connection", 0.7, [...evidence, sign("terminalHungUp")])] : [];
}

/** The host calls a later attempt a duplicate: it had the first one, and only its answer was lost. */
function fromRepetition({ payment, hours }: Situation): readonly Claim[] {
  if (payment.event === "notSent") return [];
  const repeated = hours.find(
    (one) =>
      hasCode("94")(one) &&
      one.terminal === payment.terminal &&
      one.at >= payment.at &&
      one.at - payment.at <= REPEATED_MS &&
      (one.stan === payment.stan || (one.card === payment.card && one.amount === payment.amount)),
  );
  return repeated === undefined ? [] : [claim("line.answerLost", 0.93, [sign("repetitionCalledDuplicate")])];
}

const LINE: ReadonlySet<Stage> = new Set<Stage>(["interface", "router", "provider", "dns", "portal", "terminals"]);

/** Nothing of ours saw a fault: who else was answered, and who was not? */
function fromPeers(situation: Situation): readonly Claim[] {
  const { payment, near, line } = situation;
  const close = near.filter((one) => sameHost(situation)(one) && Math.abs(one.at - payment.at) <= SAME_LINE_MS);
  const others = close.filter(({ terminal }) => terminal !== payment.terminal);
  const own = near.filter(({ terminal }) => terminal === payment.terminal);
  const answeredElsewhere = others.filter(({ event }) => event === "answered").length;
  const silentElsewhere = new Set(others.filter(isUnanswered).map(({ terminal }) => terminal)).size;
  const ownSilent = own.filter(isUnanswered).length;
  const ownApproved = own.filter(isApproved).length;
  if (answeredElsewhere > 0 && ownSilent > 0 && ownApproved === 0)
    return [
      claim("terminal.connection", 0.75, [
        sign("onlyThisTerminal", ownSilent + 1),
        sign("answeredElsewhere", answeredElsewhere),
      ]),
    ];
  if (
    silentElsewhere > 0 &&
    answeredElsewhere === 0 &&
    !close.some(isApproved) &&
    !line.some(({ stage }) => LINE.has(stage))
  )
    return [claim("host.outage", 0.75, [sign("terminalsWithoutAnswer", silentElsewhere + 1), sign("lineIsWell")])];
  if (answeredElsewhere > 0) return [claim("terminal.connection", 0.5, [sign("answeredElsewhere", answeredElsewhere)])];
  return [claim("host.outage", 0.4, [sign("noAnswer")])];
}

function fromTerminal({ payment, terminal }: Situation): readonly Claim[] {
  if (payment.reason === "offline" || terminal.state === "offline")
    return [claim("terminal.connection", 0.8, [sign("terminalState", "offline")])];
  return [];
}
