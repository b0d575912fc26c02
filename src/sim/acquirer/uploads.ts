import type { HostRequest } from "./request.ts";
import { type BatchUpload, readDetails, type UploadedDetail } from "./settlement.ts";

interface Open {
  readonly de41: string;
  readonly batch: string;
  readonly packets: Set<string>;
  readonly details: UploadedDetail[];
  endedWith?: string;
  claimed?: number;
}

/** Batches whose details the host keeps; beyond it the oldest goes. */
const MOST_BATCHES = 10_000;

/** What terminals uploaded of batches that did not balance. */
export class UploadBook {
  readonly #batches = new Map<string, Open>();

  /** A packet that comes a second time (same STAN) adds nothing. */
  detail(request: HostRequest): void {
    const open = this.#open(request);
    if (open.packets.has(request.stan)) return;
    open.packets.add(request.stan);
    open.details.push(...readDetails(request));
  }

  end(request: HostRequest): void {
    const open = this.#open(request);
    open.endedWith = request.networkCode;
    open.claimed = Number(request.message.digits(48) ?? "0");
  }

  all(): readonly BatchUpload[] {
    return [...this.#batches.values()].map(({ packets: _packets, ...upload }) => upload);
  }

  #open(request: HostRequest): Open {
    const key = `${request.de41}|${request.batch}`;
    const known = this.#batches.get(key);
    if (known !== undefined) return known;
    const open: Open = { de41: request.de41, batch: request.batch, packets: new Set(), details: [] };
    this.#batches.set(key, open);
    if (this.#batches.size > MOST_BATCHES) {
      const [oldest] = this.#batches.keys();
      if (oldest !== undefined) this.#batches.delete(oldest);
    }
    return open;
  }
}
