import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { terminalId } from "../../../src/domain/terminal.ts";
import type { HidHandle, HidListing, HidPort } from "../../../src/drivers/hid/hid-port.ts";
import { hidDriver } from "../../../src/drivers/hid/index.ts";
import { type HidOptions, hidOptions } from "../../../src/drivers/hid/options.ts";
import { FakeHid } from "../../support/fake-hid.ts";
import type { DriverWorld, Mischief, SaleScript, ScriptedPeer } from "./world.ts";

const SERIAL = "B0A1B2C";
const OTHER_SERIAL = "B0FFFFF";
/** Longer than any layout, and of none. */
const FLOOD_REPORT_BYTES = 1024;

/**
 * A device behind a port that is not USB: no machine that runs this has a HID device or can make one (`/dev/uhid`), so the
 * seam of the family is as far down as a test reaches. A frame is a question to the port, or its answer.
 */
class HidPeer implements ScriptedPeer, HidPort {
  sale: SaleScript = "approves";
  frames = 0;
  readonly orders = 0;
  readonly booked = 0;
  readonly #usb = new FakeHid();
  #plugs = 0;
  #listing: HidListing | undefined;
  #isExpected = true;
  #planned: { readonly at: number; readonly mischief: Mischief } | undefined;
  /** Settles when the silence is over: what was asked of the system meanwhile comes then. */
  #silence: PromiseWithResolvers<void> | undefined;
  #isFlooding = false;

  constructor() {
    this.#plug();
  }

  get isExpected(): boolean {
    return this.#isExpected;
  }

  set isExpected(yes: boolean) {
    this.#isExpected = yes;
    this.unplug();
    this.#plug();
  }

  get links(): number {
    return this.#usb.openPaths.length;
  }

  plan(afterFrames: number, mischief: Mischief): void {
    this.#planned = { at: this.frames + afterFrames, mischief };
  }

  unplug(): void {
    if (this.#listing !== undefined) this.#usb.unplug(this.#listing.path, true);
    this.#listing = undefined;
  }

  say(bytes: Uint8Array): void {
    for (const path of this.#usb.openPaths) this.#usb.send(path, Uint8Array.from(bytes));
  }

  behave(): void {
    this.#planned = undefined;
    this.#isFlooding = false;
    this.#silence?.resolve();
    this.#silence = undefined;
    if (this.#listing === undefined) this.#plug();
  }

  async list(): Promise<readonly HidListing[]> {
    return this.#asked(async () => this.#usb.list());
  }

  async open(path: string, onReport: (report: Uint8Array) => void): Promise<HidHandle> {
    return this.#asked(async () => this.#usb.open(path, onReport));
  }

  /** Each time at another path, as with the kernel. */
  #plug(): void {
    this.#listing = {
      path: `/dev/hidraw${this.#plugs++}`,
      vendorId: 0x0801,
      productId: 0x0011,
      serial: this.#isExpected ? SERIAL : OTHER_SERIAL,
      product: "Reader",
      usagePage: 0xff00,
      usage: 1,
    };
    this.#usb.plug(this.#listing);
  }

  async #asked<T>(call: () => Promise<T>): Promise<T> {
    await this.#pass();
    const answer = await call();
    await this.#pass();
    return answer;
  }

  async #pass(): Promise<void> {
    const mischief = this.#planned?.at === this.frames ? this.#planned.mischief : undefined;
    this.frames++;
    if (mischief?.type === "cut") this.unplug();
    if (mischief?.type === "garbage") this.say(mischief.bytes);
    if (mischief?.type === "late") await delay(mischief.ms);
    if (mischief?.type === "silence") this.#silence = Promise.withResolvers();
    if (mischief?.type === "flood") void this.#flood();
    await this.#silence?.promise;
  }

  async #flood(): Promise<void> {
    this.#isFlooding = true;
    while (this.#isFlooding) {
      for (let i = 0; i < 100; i++) this.say(new Uint8Array(FLOOD_REPORT_BYTES).fill(0xff));
      await turn();
    }
  }
}

export async function hidWorld(layout: HidOptions["layout"]): Promise<DriverWorld> {
  const peer = new HidPeer();
  const options = hidOptions.parse({ family: "hid", vendorId: "0801", productId: "0011", serial: SERIAL, layout });
  return {
    family: "hid",
    peer,
    driver: (deps) => hidDriver(terminalId("reader-1"), options, deps, peer),
    patienceMs: 20_000,
    [Symbol.asyncDispose]: async () => {
      peer.behave();
      peer.unplug();
    },
  };
}
