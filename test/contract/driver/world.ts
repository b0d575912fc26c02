import type { DeviceDriver } from "../../../src/domain/device.ts";
import type { Currency } from "../../../src/domain/money.ts";
import type { DeviceDeps } from "../../../src/drivers/driver.ts";

/**
 * One family's driver, and a peer that a test scripts. A frame is whatever the protocol calls a message: with its
 * acknowledgement where that is a frame of its own. The world gives the driver short time-outs, so that silence is soon told.
 */
export interface DriverWorld extends AsyncDisposable {
  readonly family: string;
  readonly peer: ScriptedPeer;
  /** A new driver that points at the peer. The suite disposes of every session that it opens. */
  driver(deps: DeviceDeps): DeviceDriver;
  /** ms. Longer than any time-out that the driver has in this world; what hangs longer is hanging. */
  readonly patienceMs: number;
  /** That the terminal takes orders in; euro when absent. */
  readonly currency?: Currency;
}

/** How the peer takes an order for a sale. `neverEnds` begins and then says nothing more. */
export type SaleScript = "approves" | "declines" | "abortedByCustomer" | "waitsForCard" | "neverEnds";

/** What the peer does to one of its answers, counted like {@link ScriptedPeer.frames}. */
export type Mischief =
  /** Breaks the link instead of sending it, or after having received it. */
  | { readonly type: "cut" }
  /** Sends these bytes before it. */
  | { readonly type: "garbage"; readonly bytes: Uint8Array }
  /** Sends it so much later. */
  | { readonly type: "late"; readonly ms: number }
  /** From there on it says nothing, and leaves the link open. */
  | { readonly type: "silence" }
  /** From there on it sends without end. */
  | { readonly type: "flood" };

export interface ScriptedPeer {
  /** How it answers a sale from now on. */
  sale: SaleScript;
  /** Whether it says that it is the terminal that the driver's config expects. */
  isExpected: boolean;
  /** Frames that went either way since it was started. */
  readonly frames: number;
  /** Sales that it received: more than one for one order is a second charge. */
  readonly orders: number;
  /** Sales that it holds as done: the truth about the money. */
  readonly booked: number;
  /** Connections, or ports, that are open now. */
  readonly links: number;
  /** Does something once so many more frames have gone. 0: with the next one. Replaces what was planned. */
  plan(afterFrames: number, mischief: Mischief): void;
  /** Breaks every link now, as when a plug is pulled. It is back after {@link ScriptedPeer.behave}. */
  unplug(): void;
  /** Sends these bytes now, over every link, to nobody's question. */
  say(bytes: Uint8Array): void;
  /** Back to good behaviour; what the peer has booked stays. */
  behave(): void;
}
