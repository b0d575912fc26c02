import {
  type DeviceCondition,
  type DeviceDiagnosis,
  DeviceError,
  type DeviceIdentity,
  type DeviceSession,
  type DeviceSettlement,
} from "../../domain/device.ts";
import type { PaymentAnswer } from "../../domain/payment.ts";
import type { Clock } from "../../runtime/clock.ts";
import { isShutdown } from "../../runtime/task.ts";
import { LATE, within } from "../transport/within.ts";
import type { HidHandle, HidListing, HidPort } from "./hid-port.ts";
import { listDevices } from "./list-devices.ts";
import type { Reports } from "./reports.ts";

/** ms. Looking for the device costs the kernel a walk over all of USB; all gateways' devices shall not fall in step. */
const LOOK_EVERY_MS = { least: 2000, most: 5000 } as const;
/** MagTek manual 413771: SureSwipe readers have one of 24 bytes, unnumbered. */
const FEATURE_BYTES = 24;
const FEATURE_WITHIN_MS = 5000;

export interface HidSessionParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly port: HidPort;
  readonly listing: HidListing;
  readonly handle: HidHandle;
  readonly reports: Reports;
  readonly hasFeatureReport: boolean;
}

/**
 * A HID device that is plugged in and open.
 *
 * There is no event for unplugging: reading fails, which is told, and the device is missing from the list, which is looked
 * at from time to time.
 */
export class HidSession implements DeviceSession {
  readonly identity: DeviceIdentity;
  readonly ended: Promise<DeviceError>;
  readonly #parts: HidSessionParts;
  readonly #settleEnd: (error: DeviceError) => void;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  #end: DeviceError | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: HidSessionParts) {
    const { serial, product } = parts.listing;
    this.#parts = parts;
    this.identity = {
      ...(serial === undefined ? {} : { serial }),
      ...(product === undefined ? {} : { model: product }),
    };
    const { promise, resolve } = Promise.withResolvers<DeviceError>();
    this.ended = promise;
    this.#settleEnd = resolve;
    this.#watching = this.#watch(this.#stop.signal);
    void parts.handle.broken.then((why) => this.#endWith(this.#lost(why)));
  }

  async poll(signal: AbortSignal): Promise<DeviceCondition> {
    signal.throwIfAborted();
    if (this.#end !== undefined) throw this.#end;
    if (await this.#isListed(AbortSignal.any([signal, this.#stop.signal]))) return this.#parts.reports.condition;
    throw this.#endWith(this.#lost("unplugged"));
  }

  async pay(): Promise<PaymentAnswer> {
    return { outcome: "failed", notSent: true, reason: "notSupported", transaction: {} };
  }

  async lastTransaction(): Promise<never> {
    throw notSupported();
  }

  async settle(): Promise<DeviceSettlement> {
    throw notSupported();
  }

  async diagnose(signal: AbortSignal): Promise<DeviceDiagnosis> {
    if (!this.#parts.hasFeatureReport) throw notSupported();
    let report: Uint8Array | typeof LATE;
    try {
      report = await within(FEATURE_WITHIN_MS, this.#parts.handle.featureReport(0, FEATURE_BYTES), signal);
    } catch {
      signal.throwIfAborted();
      return { outcome: "failed", reason: "featureReportRefused" };
    }
    if (report === LATE) throw new DeviceError("silent", `${this.#parts.listing.path} gives no feature report`);
    report.fill(0);
    return { outcome: "passed" };
  }

  async recover(): Promise<void> {
    throw notSupported();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endWith(new DeviceError("closed", `${this.#parts.listing.path} was closed`));
    await this.#closing;
    await this.#watching;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#parts;
    const { least, most } = LOOK_EVERY_MS;
    try {
      for (;;) {
        await clock.sleep(least + random() * (most - least), signal);
        if (await this.#isMissing(signal)) this.#endWith(this.#lost("unplugged"));
      }
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
  }

  /** What cannot be listed now is not therefore gone. */
  async #isMissing(signal: AbortSignal): Promise<boolean> {
    try {
      return !(await this.#isListed(signal));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DeviceError) return false;
      throw error;
    }
  }

  async #isListed(signal: AbortSignal): Promise<boolean> {
    const { port, listing } = this.#parts;
    const listings = await listDevices(port, signal);
    return listings.some((other) => isSame(other, listing));
  }

  #lost(why: string): DeviceError {
    const { path } = this.#parts.listing;
    return new DeviceError("linkLost", `${path}: ${why}`, { path, found: why });
  }

  async #close(): Promise<void> {
    await this.#parts.handle[Symbol.asyncDispose]();
  }

  /** The first end counts. @returns it. */
  #endWith(error: DeviceError): DeviceError {
    if (this.#end !== undefined) return this.#end;
    this.#end = error;
    this.#stop.abort(error);
    this.#closing = this.#close();
    this.#settleEnd(error);
    return error;
  }
}

function isSame(one: HidListing, other: HidListing): boolean {
  return one.path === other.path && one.vendorId === other.vendorId && one.productId === other.productId;
}

function notSupported(): DeviceError {
  return new DeviceError("notSupported", "a HID device takes no orders");
}
