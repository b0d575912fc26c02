import {
  DeviceError,
  type DeviceAbilities,
  type DeviceDriver,
  type DeviceIdentity,
  type DeviceSession,
} from "../../domain/device.ts";
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

/** One terminal, and how it is spoken to. */
export interface EcrSetup {
  readonly terminal: TerminalId;
  readonly options: EcrOptions;
}

/** A terminal that is spoken to in one of the till protocols of `profiles/`. */
export function ecrDriver({ terminal, options }: EcrSetup, place: LinkPlace, deps: DeviceDeps): DeviceDriver {
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
      checkIdentity(session.identity, options.expect?.terminalNumber, dialect);
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  };
  return { family: "ecr", terminal, abilities, open, counters: () => ({ ...counters }) };
}

/** @throws DeviceError `wrongTerminal`. @param expected  Of no use where the poll tells no number. */
function checkIdentity({ terminalNumber = "" }: DeviceIdentity, expected: string | undefined, { poll }: Dialect): void {
  if (expected === undefined || poll.answeredBy.length === 0) return;
  if (Number(terminalNumber) === Number(expected) && terminalNumber !== "") return;
  const message = `another terminal answers: its number is ${terminalNumber}, not ${expected}`;
  throw new DeviceError("wrongTerminal", message, { expected, found: terminalNumber });
}

/** @param dialect  Absent: nothing may be ordered. */
function abilitiesOf(dialect: Dialect | undefined): DeviceAbilities {
  const reachesHost = dialect?.loadKeys !== undefined;
  return {
    payments: dialect?.payments ?? new Set(),
    ...(dialect === undefined ? {} : { currencies: new Set([dialect.currency]) }),
    // No public page gives a command that calls a running sale back.
    cancels: false,
    tellsLastTransaction: dialect !== undefined,
    settles: dialect !== undefined,
    diagnoses: reachesHost,
    recoveries: new Set(reachesHost ? ["initialise"] : []),
  };
}
