/** `completion` takes what was used of a hold, `release` gives it back, `void` undoes a charge. */
export type ZvtBookingKind = "charge" | "hold" | "completion" | "release" | "void" | "refund";

/** One order of money as the terminal and its host hold it, whatever the till was told. */
export interface ZvtBooking {
  /** Orders as they came, counted from 1. */
  readonly arrival: number;
  readonly kind: ZvtBookingKind;
  /** Amount as it stood in the command: of a 06 23 what is to be given back. */
  readonly ordered?: number;
  /**
   * `refused`: by the terminal, before anybody was asked. `aborted`: by customer or till, or the power failed before the host
   * had decided.
   */
  readonly outcome: "pending" | "approved" | "declined" | "aborted" | "refused";
  /** BMP 27 of it. */
  readonly result?: number;
  /** What moved, or was held. 0 unless it was approved. */
  readonly amount: number;
  readonly receipt?: number;
  readonly trace?: number;
  /** `arrival` of the charge or hold that it is about. */
  readonly original?: number;
  /** A charge that was voided, or a hold that was used or released. */
  readonly closed: boolean;
  /** The till has confirmed the status information. */
  readonly told: boolean;
  /** Row of the totals, e.g. `visa`. */
  readonly card?: string;
  /** Counted from 1; the end of day begins the next one. */
  readonly batch: number;
}

export interface ZvtBookTotals {
  /** Approved and not voided, completions of holds among them. */
  readonly charges: number;
  readonly charged: number;
  readonly refunds: number;
  readonly refunded: number;
  /** Open ones. */
  readonly holds: number;
  readonly held: number;
}

const RECEIPTS = 9_999;
const TRACES = 999_999;

/** What a simulated terminal holds. It outlives connections and the terminal's power; whoever looks for double charges looks here. */
export class ZvtBooks {
  readonly #bookings: ZvtBooking[] = [];
  #receipt = 0;
  #trace = 0;
  #batch = 1;

  /** Every order of money, oldest first. */
  get bookings(): readonly ZvtBooking[] {
    return this.#bookings;
  }

  /** Charges that were approved, voided ones too. */
  get charges(): readonly ZvtBooking[] {
    return this.#bookings.filter(({ kind, outcome }) => kind === "charge" && outcome === "approved");
  }

  get openHolds(): readonly ZvtBooking[] {
    return this.#bookings.filter(({ kind, outcome, closed }) => kind === "hold" && outcome === "approved" && !closed);
  }

  /** The newest that the host has decided. */
  get newest(): ZvtBooking | undefined {
    return this.#bookings.findLast(({ receipt }) => receipt !== undefined);
  }

  get batch(): number {
    return this.#batch;
  }

  totals(): ZvtBookTotals {
    const approved = this.#bookings.filter(({ outcome, closed }) => outcome === "approved" && !closed);
    const taken = approved.filter(({ kind }) => kind === "completion" || kind === "charge");
    const refunds = approved.filter(({ kind }) => kind === "refund");
    const holds = this.openHolds;
    return {
      charges: taken.length,
      charged: sum(taken),
      refunds: refunds.length,
      refunded: sum(refunds),
      holds: holds.length,
      held: sum(holds),
    };
  }

  /** Approved in the open batch under this receipt number; the newest, where numbers have come round. */
  find(receipt: number, ...kinds: readonly ZvtBookingKind[]): ZvtBooking | undefined {
    return this.#bookings.findLast(
      (booking) =>
        booking.receipt === receipt &&
        booking.outcome === "approved" &&
        kinds.includes(booking.kind) &&
        (booking.kind === "hold" || booking.batch === this.#batch),
    );
  }

  /** @returns the number under which it can be changed. */
  arrive(kind: ZvtBookingKind, ordered: number | undefined): number {
    const arrival = this.#bookings.length + 1;
    this.#bookings.push({
      arrival,
      kind,
      ...(ordered === undefined ? {} : { ordered }),
      outcome: "pending",
      amount: 0,
      closed: false,
      told: false,
      batch: this.#batch,
    });
    return arrival;
  }

  booking(arrival: number): ZvtBooking {
    const found = this.#bookings[arrival - 1];
    if (found === undefined) throw new RangeError(`no booking ${arrival}`);
    return found;
  }

  /** The host has approved. */
  approve(arrival: number, amount: number, details: { readonly original?: number; readonly card?: string }): void {
    const { original } = details;
    this.#change(arrival, { ...this.#numbers(), outcome: "approved", result: 0, amount, ...details });
    if (original !== undefined) this.#change(original, { closed: true });
  }

  /** The host has declined. */
  decline(arrival: number, result: number, card?: string): void {
    this.#change(arrival, {
      ...this.#numbers(),
      outcome: "declined",
      result,
      ...(card === undefined ? {} : { card }),
    });
  }

  /** The host was never asked. */
  giveUp(arrival: number, outcome: "aborted" | "refused", result?: number): void {
    if (this.booking(arrival).outcome !== "pending") return;
    this.#change(arrival, { outcome, ...(result === undefined ? {} : { result }) });
  }

  told(arrival: number): void {
    this.#change(arrival, { told: true });
  }

  /** The till gave out goods for less: the charge is lowered to that. */
  lower(arrival: number, amount: number): void {
    if (amount < this.booking(arrival).amount) this.#change(arrival, { amount });
  }

  /** End of day. @returns what the batch held, approved and not voided. */
  settle(): readonly ZvtBooking[] {
    const batch = this.#batch++;
    return this.#bookings.filter((booking) => booking.batch === batch && booking.outcome === "approved");
  }

  /** For trials of numbers that come round. */
  continueAt(numbers: { readonly receipt: number; readonly trace: number }): void {
    this.#receipt = numbers.receipt;
    this.#trace = numbers.trace;
  }

  #numbers(): { readonly receipt: number; readonly trace: number } {
    this.#receipt = (this.#receipt % RECEIPTS) + 1;
    this.#trace = (this.#trace % TRACES) + 1;
    return { receipt: this.#receipt, trace: this.#trace };
  }

  #change(arrival: number, change: Partial<ZvtBooking>): void {
    this.#bookings[arrival - 1] = { ...this.booking(arrival), ...change };
  }
}

function sum(bookings: readonly ZvtBooking[]): number {
  return bookings.reduce((total, { amount }) => total + amount, 0);
}
