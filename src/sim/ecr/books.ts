export interface Charge {
  /** As the terminal counts. */
  readonly number: number;
  readonly amount: number;
  /** What the till gave it with the order, where the protocol has that. */
  readonly ticket?: string;
  readonly undone: boolean;
}

/** What a simulated terminal has charged: whoever tests for double charges looks here. */
export class EcrBooks {
  #charges: Charge[] = [];
  #number = 0;
  #settled = 0;
  /** The last result as it went over the wire, and the last sale's. */
  lastResult: string | undefined;
  lastSale: string | undefined;

  /** Charges and what became of them, oldest first, settled ones too. */
  get charges(): readonly Charge[] {
    return this.#charges;
  }

  /** Since the last settlement, without those undone. */
  get open(): readonly Charge[] {
    return this.#charges.slice(this.#settled).filter((charge) => !charge.undone);
  }

  nextNumber(): number {
    return ++this.#number;
  }

  charge(charge: Omit<Charge, "undone">): void {
    this.#charges.push({ ...charge, undone: false });
  }

  /** @returns the charge, or `undefined` when there is none of that number in the open batch. */
  undo(number: number): Charge | undefined {
    const found = this.open.find((charge) => charge.number === number);
    if (found === undefined) return undefined;
    this.#charges = this.#charges.map((charge) => (charge === found ? { ...charge, undone: true } : charge));
    return found;
  }

  settle(): void {
    this.#settled = this.#charges.length;
  }
}
