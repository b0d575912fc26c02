import type { DeviceAbilities, DeviceDriver, DeviceSession } from "../../domain/device.ts";
import type { TerminalId } from "../../domain/terminal.ts";
import type { DeviceDeps } from "../driver.ts";
import type { LinkPlace } from "../transport/byte-link.ts";
import { Conversation } from "./conversation.ts";
import { newCounters } from "./ecr-counters.ts";
import { EcrSession } from "./ecr-session.ts";
import { ObservedSession } from "./observed-session.ts";
import type { EcrOptions } from "./options.ts";
import type { Dialect } from "./profiles/dialect.ts";
import { profileOf } from "./profiles/profile.ts";

export interface EcrDriverOptions extends EcrOptions {
  readonly terminal: TerminalId;
}

/** A terminal that is spoken to in one of the till protocols of `profiles/`. */
export function ecrDriver(options: EcrDriverOptions, place: LinkPlace, deps: DeviceDeps): DeviceDriver {
  const profile = profileOf(options);
  const { dialect } = profile;
  const abilities = abilitiesOf(options.commands === "on" ? dialect : undefined);
  const counters = newCounters();
  const [ackMs, answerMs] = [options.ackTimeoutMs, options.answerTimeoutS * 1000];

  const open = async (signal: AbortSignal): Promise<DeviceSession> => {
    signal.throwIfAborted();
    if (dialect === undefined) return ObservedSession.open(profile.frame, place, deps, counters, signal);
    const terms = { profile, dialect, ackMs, answerMs };
    const conversation = await Conversation.open(terms, place, deps, counters, signal);
    const session = new EcrSession(conversation, dialect, abilities, deps);
    try {
      await session.poll(signal);
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  };
  return { family: "ecr", terminal: options.terminal, abilities, open, counters: () => ({ ...counters }) };
}

/** @param dialect  Absent: nothing may be ordered. */
function abilitiesOf(dialect: Dialect | undefined): DeviceAbilities {
  const reachesHost = dialect?.loadKeys !== undefined;
  return {
    payments: dialect?.payments ?? new Set(),
    // No public page gives a command that calls a running sale back.
    cancels: false,
    tellsLastTransaction: dialect !== undefined,
    settles: dialect !== undefined,
    diagnoses: reachesHost,
    recoveries: new Set(reachesHost ? ["initialise"] : []),
  };
}
