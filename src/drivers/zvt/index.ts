import { assertNever } from "../../domain/assert-never.ts";
import {
  type DeviceAbilities,
  type DeviceDriver,
  DeviceError,
  type DeviceIdentity,
  DEVICE_RECOVERIES,
} from "../../domain/device.ts";
import { PAYMENT_KINDS } from "../../domain/payment.ts";
import type { DeviceDeps } from "../driver.ts";
import type { LinkPlace } from "../transport/byte-link.ts";
import { statusEnquiry } from "./codec/commands.ts";
import type { Completion } from "./codec/messages.ts";
import { conditionOfStatusByte } from "./codec/terminal-status.ts";
import { Conversation } from "./conversation.ts";
import { zvtCounters } from "./counters.ts";
import { checkIdentity, identityOf } from "./identity.ts";
import type { CommandPlan } from "./machine/command-machine.ts";
import { TRIES } from "./machine/serial-machine.ts";
import { registrationOf } from "./registration.ts";
import type { SessionParts, ZvtMemory } from "./session-parts.ts";
import { refusalOf, ZvtSession } from "./session.ts";
import { passwordOf, type ZvtSetup } from "./setup.ts";

const ABILITIES: DeviceAbilities = {
  payments: new Set(PAYMENT_KINDS),
  cancels: true,
  tellsLastTransaction: true,
  settles: true,
  diagnoses: true,
  recoveries: new Set(DEVICE_RECOVERIES),
};

const SECOND_MS = 1000;

/**
 * The driver of one terminal that speaks ZVT, on a serial line or on TCP (reference zvt.md; README of this folder).
 *
 * @throws RangeError when the password is not six digits.
 */
export function zvtDriver(setup: ZvtSetup, place: LinkPlace, deps: DeviceDeps): DeviceDriver {
  const counters = zvtCounters();
  const memory: ZvtMemory = { newest: {} };
  const password = passwordOf(setup);
  const { options, terminal } = setup;
  const t2Ms = options.ackTimeoutMs;
  const ackMs = place.kind === "serial" ? TRIES * t2Ms : 0;
  const timings = { ackMs, t3Ms: options.answerTimeoutMs, t4Ms: options.completionTimeoutS * SECOND_MS };
  const reading = { charset: options.charset, tokenise: deps.tokenise };

  const context = { reading, t2Ms, hostCodes: options.hostCodes, counters, deps };

  async function open(signal: AbortSignal): Promise<ZvtSession> {
    signal.throwIfAborted();
    const { conversation, ended } = await Conversation.open(place, timings, context, signal);
    const stop = (): void => conversation.end(new DeviceError("closed", "opening was given up"));
    signal.addEventListener("abort", stop);
    try {
      signal.throwIfAborted();
      const { identity, pending } = await introduce(conversation);
      signal.throwIfAborted();
      counters.sessions++;
      return new ZvtSession({ setup, conversation, ended, identity, memory, counters, clock: deps.clock, pending });
    } catch (error) {
      await conversation[Symbol.asyncDispose]();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Registers and makes sure of who answers. */
  async function introduce(
    conversation: Conversation,
  ): Promise<{ readonly identity: DeviceIdentity } & Pick<SessionParts, "pending">> {
    const registered = await complete(conversation, registrationOf(setup));
    const enquiry = { apdu: statusEnquiry(password), repeatable: true, completes: true };
    const enquired = await complete(conversation, enquiry);
    const identity = identityOf(registered, enquired);
    checkIdentity(identity, options.expect);
    const byte = registered.status.statusByte;
    return { identity, pending: byte === undefined ? undefined : conditionOfStatusByte(byte) };
  }

  /** @throws DeviceError unless it ends with a completion. */
  async function complete(conversation: Conversation, plan: CommandPlan): Promise<Completion> {
    const end = await conversation.run(plan);
    switch (end.type) {
      case "completed":
        return end.message.type === "completion" ? end.message.completion : { status: {} };
      case "refused":
      case "aborted":
        throw refusalOf(end.code, options.hostCodes);
      case "lost":
        throw end.error;
      case "silent":
        throw new DeviceError("silent", "the terminal does not answer", { timer: end.timer, place: place.name });
      case "taken":
        return { status: {} };
      default:
        return assertNever(end);
    }
  }

  const abilities = { ...ABILITIES, currencies: new Set([setup.currency]) };
  return { family: "zvt", terminal, abilities, open, counters: () => ({ ...counters }) };
}
