import { DeviceError, type DeviceCondition, type DeviceIdentity, type DeviceSession } from "../../domain/device.ts";
import type { PaymentAnswer } from "../../domain/payment.ts";
import type { LinkPlace } from "../transport/byte-link.ts";
import type { DeviceDeps } from "../driver.ts";
import type { LinePiece } from "./codec/decode.ts";
import type { FrameSpec } from "./codec/frame-spec.ts";
import { countFault, type EcrCounters } from "./ecr-counters.ts";
import { EcrLine } from "./ecr-line.ts";
import { notSent } from "./told-answers.ts";

/** A terminal whose messages nobody has published: its frames are counted and checked, their content stays unread. */
export class ObservedSession implements DeviceSession {
  readonly identity: DeviceIdentity = {};
  readonly #line: EcrLine;

  private constructor(line: EcrLine) {
    this.#line = line;
  }

  /** @throws what opening the place throws. */
  static async open(
    frame: FrameSpec,
    place: LinkPlace,
    deps: DeviceDeps,
    counters: EcrCounters,
    signal: AbortSignal,
  ): Promise<ObservedSession> {
    let faultTold = false;
    const hear = (piece: LinePiece): void => {
      if (piece.kind === "message") {
        counters.framesReceived++;
        faultTold = false;
      }
      if (piece.kind === "nak") counters.naksReceived++;
      if (piece.kind !== "fault") return;
      countFault(counters, piece.fault, piece.bytes);
      if (!faultTold) deps.news({ type: "lineFault", fault: piece.fault });
      faultTold = true;
    };
    return new ObservedSession(await EcrLine.open(place, frame, deps.clock, hear, signal));
  }

  get ended(): Promise<DeviceError> {
    return this.#line.ended;
  }

  /** Nothing harmless is known to ask: an open link is all that can be said. */
  async poll(signal: AbortSignal): Promise<DeviceCondition> {
    signal.throwIfAborted();
    if (this.#line.endedWith !== undefined) throw this.#line.endedWith;
    return { state: "ready", reason: "onlyObserved" };
  }

  async pay(): Promise<PaymentAnswer> {
    return notSent("notSupported");
  }

  async lastTransaction(): Promise<never> {
    throw notSupported();
  }

  async settle(): Promise<never> {
    throw notSupported();
  }

  async diagnose(): Promise<never> {
    throw notSupported();
  }

  async recover(): Promise<never> {
    throw notSupported();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#line[Symbol.asyncDispose]();
  }
}

function notSupported(): DeviceError {
  return new DeviceError("notSupported", "this terminal is listened to only");
}
