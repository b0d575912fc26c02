import type { DeviceCondition, DeviceError, DeviceIdentity } from "../../domain/device.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { StatusInformation } from "./codec/status-information.ts";
import type { Conversation } from "./conversation.ts";
import type { ZvtCounters } from "./counters.ts";
import { laterOf, type Newest } from "./machine/outcome.ts";
import type { ZvtSetup } from "./setup.ts";

/** What one driver knows over all of its sessions. */
export interface ZvtMemory {
  /** The newest transaction that the terminal told of. */
  newest: Newest;
}

export interface SessionParts {
  readonly setup: ZvtSetup;
  readonly conversation: Conversation;
  readonly ended: Promise<DeviceError>;
  readonly identity: DeviceIdentity;
  readonly memory: ZvtMemory;
  readonly counters: ZvtCounters;
  readonly clock: Clock;
  /** What the registration's status byte asked for. */
  readonly pending: DeviceCondition | undefined;
}

/**
 * Keeps the numbers of what the terminal told; a number that it did not tell stays as it was.
 *
 * @param of  `newest`: of its last transaction for certain. `any`: perhaps those of an earlier one, as an undoing tells
 *   its original's; they count only where they are ahead.
 */
export function remember(memory: ZvtMemory, status: StatusInformation | undefined, of: "newest" | "any"): void {
  const { receiptNumber, trace: stan } = status ?? {};
  const told = { receiptNumber: receiptNumber ?? memory.newest.receiptNumber, stan: stan ?? memory.newest.stan };
  memory.newest = of === "newest" ? told : laterOf(memory.newest, told);
}
