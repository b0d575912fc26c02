import { assertNever } from "../domain/assert-never.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log, LogFields } from "../runtime/log.ts";
import type { DeliveryNote, ParkReason } from "./delivery-state.ts";
import { hex } from "./failure.ts";

/** ms. The same trouble is written to the journal at most so often; the counters count every time. */
const SAME_LINE_MS = 10_000;

/** What delivery meets on its way, as counters and journal lines. */
export class DeliveryReport {
  readonly counters = {
    recordsSent: 0,
    recordsAcknowledged: 0,
    recordsRefused: 0,
    recordsMissing: 0,
    recordsParked: 0,
    parkingRefused: 0,
    receipts: 0,
    receiptsForeign: 0,
    receiptsBeyondHead: 0,
    receiptsDiffering: 0,
    hqFellBehind: 0,
    deliveryRestarts: 0,
    ledgerReadFailures: 0,
  };
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #lastLine = new Map<string, number>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  note(note: DeliveryNote): void {
    switch (note.what) {
      case "refused":
        this.counters.recordsRefused += 1;
        this.#line("warn", "uplink.record-refused", { seq: note.seq, code: hex(note.code), refusals: note.refusals });
        return;
      case "missing":
        this.counters.recordsMissing += note.seqs.length;
        this.#line("warn", "uplink.records-missing", { count: note.seqs.length, first: note.seqs[0] });
        return;
      case "foreignReceipt":
        this.counters.receiptsForeign += 1;
        this.#line("warn", "uplink.receipt-foreign", { stream: note.stream });
        return;
      case "receiptBeyondHead":
        this.counters.receiptsBeyondHead += 1;
        this.#line("error", "uplink.ledger-behind-hq", { upTo: note.upTo, head: note.head });
        return;
      case "hqBehind":
        this.counters.hqFellBehind += 1;
        this.#line("error", "uplink.hq-lost-records", { upTo: note.upTo, mark: note.mark });
        return;
      case "parkingFull":
        this.counters.parkingRefused += 1;
        this.#line("error", "uplink.parking-full", { seq: note.seq });
        return;
      case "noProgress":
        this.counters.deliveryRestarts += 1;
        this.#line("warn", "uplink.no-receipts", { from: note.from, next: note.next, waitedMs: note.waitedMs });
        return;
      case "unreadable":
        this.counters.ledgerReadFailures += 1;
        this.#line("error", "uplink.ledger-unreadable", { from: note.from, reader: note.reader });
        return;
      default:
        assertNever(note);
    }
  }

  parked(seq: number, reason: ParkReason, code: number | undefined): void {
    this.counters.recordsParked += 1;
    this.#line("error", "uplink.record-parked", { seq, reason, ...(code === undefined ? {} : { code: hex(code) }) });
  }

  /** A gap record could not be written: what it should tell of waits. */
  gapNotWritten(error: unknown): void {
    this.#line("error", "uplink.gap-not-written", { error });
  }

  receiptDiffers(at: number): void {
    this.counters.receiptsDiffering += 1;
    this.#line("error", "uplink.ledger-differs-from-hq", { seq: at });
  }

  readFailed(error: unknown): void {
    this.#line("error", "uplink.ledger-read-failed", { error });
  }

  #line(level: "warn" | "error", event: string, fields: LogFields): void {
    const now = this.#clock.monotonicMs();
    const last = this.#lastLine.get(event);
    if (last !== undefined && now - last < SAME_LINE_MS) return;
    this.#lastLine.set(event, now);
    this.#log[level](event, fields);
  }
}
