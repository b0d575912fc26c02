import type { Receipt } from "../contract/receipt.ts";
import { type Seq, seq } from "../domain/record.ts";
import type { Outbox } from "./outbox.ts";

export interface ReceiptCheckDeps {
  readonly outbox: Pick<Outbox, "stream" | "durable" | "mark" | "page">;
  /** The receipt speaks of this ledger's records, as far as can be told. */
  readonly accept: (receipt: Receipt) => void;
  /** Headquarters holds another record under this key than the ledger does. */
  readonly differs: (at: Seq) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Lets a receipt move the mark only when the record that it names is the one that stands here. A ledger that lost its
 * newest records (a file system that went back, an old copy) and sold on before it met headquarters has used their numbers
 * again: the receipt for the lost ones would confirm the new ones, and nobody would ever send those.
 *
 * One look at a time; a receipt that comes meanwhile takes the place of one that waits, because it says all that that one did.
 */
export class ReceiptCheck {
  readonly #deps: ReceiptCheckDeps;
  /** Once the two have parted, no later receipt frees anything: the records after the parting may well be the same. */
  #haveParted = false;
  #waiting: Receipt | undefined;
  #looking: Promise<void> | undefined;

  constructor(deps: ReceiptCheckDeps) {
    this.#deps = deps;
  }

  take(receipt: Receipt): void {
    const { accept, outbox } = this.#deps;
    if (receipt.stream !== outbox.stream) accept(receipt);
    else if (this.#looking !== undefined) this.#waiting = receipt;
    else if (this.#frees(receipt) && (receipt.hash !== undefined || this.#haveParted)) {
      this.#looking = this.#look(receipt);
    } else accept(receipt);
  }

  /** Resolves when nothing is looked at any more. */
  async idle(): Promise<void> {
    await this.#looking;
  }

  /** Whether it would move the mark over records that are here. */
  #frees({ upTo }: Receipt): boolean {
    const { outbox } = this.#deps;
    return upTo > outbox.mark() && upTo <= outbox.durable;
  }

  async #look(first: Receipt): Promise<void> {
    const { accept, differs, failed } = this.#deps;
    for (let receipt: Receipt | undefined = first; receipt !== undefined; receipt = this.#next()) {
      try {
        if (await this.#isOurs(receipt)) accept(receipt);
        else differs(receipt.upTo);
      } catch (error) {
        // What cannot be read now is not confirmed now: headquarters repeats its receipts.
        failed(error);
      }
    }
    this.#looking = undefined;
  }

  async #isOurs(receipt: Receipt): Promise<boolean> {
    if (!this.#frees(receipt)) return true;
    if (receipt.hash !== undefined && !this.#haveParted) {
      this.#haveParted = (await this.#hashAt(receipt.upTo)) !== receipt.hash;
    }
    return !this.#haveParted;
  }

  #next(): Receipt | undefined {
    const next = this.#waiting;
    this.#waiting = undefined;
    return next;
  }

  /** @throws RangeError when it is not there; what the outbox throws. */
  async #hashAt(position: Seq): Promise<unknown> {
    const [row] = await this.#deps.outbox.page(seq(position), 1);
    if (row === undefined) throw new RangeError(`record ${position} is not there`);
    const text = typeof row.envelope === "string" ? row.envelope : Buffer.from(row.envelope).toString("utf8");
    const envelope: unknown = JSON.parse(text);
    return typeof envelope === "object" && envelope !== null && "hash" in envelope ? envelope.hash : undefined;
  }
}
