import { type Failure, LedgerError } from "./ledger-error.ts";
import { refusalOf, type SpaceFigures } from "./space.ts";

/** What the main thread knows of the disk: the writer's newest figures, and whether the disk refused what came last. */
export class SpaceView {
  #figures: SpaceFigures;
  #refusal: Failure | undefined;

  constructor(figures: SpaceFigures) {
    this.#figures = figures;
  }

  get figures(): SpaceFigures {
    return this.#figures;
  }

  /** Why no new payment should begin; `undefined` when one may. */
  get refusal(): LedgerError | undefined {
    const failure = this.#refusal ?? refusalOf(this.#figures);
    return failure === undefined ? undefined : new LedgerError(failure);
  }

  measured(figures: SpaceFigures): void {
    this.#figures = figures;
  }

  /** The disk took something. */
  taken(): void {
    this.#refusal = undefined;
  }

  refused(failure: Failure): void {
    this.#refusal = failure;
  }
}
