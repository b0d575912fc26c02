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

  /** @returns whether that is news for people: another level, or the ballast came or went. */
  measured(figures: SpaceFigures): boolean {
    const before = this.#figures;
    this.#figures = figures;
    return figures.level !== before.level || (figures.ballast !== before.ballast && figures.ballast !== "growing");
  }

  /** The disk took something. */
  taken(): void {
    this.#refusal = undefined;
  }

  refused(failure: Failure): void {
    this.#refusal = failure;
  }
}
