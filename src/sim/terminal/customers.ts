import { assertNever } from "../../domain/assert-never.ts";
import { drawWeighted, type Weighted } from "../weighted.ts";
import { type Card, inventCard } from "./card.ts";
import type { JournalEntry } from "./journal.ts";
import { drawCard, price } from "./shop-day.ts";
import type { Shown } from "./shown.ts";
import type { Terminal } from "./terminal.ts";

type Wish =
  | "sale"
  | "void"
  | "refund"
  | "preAuth"
  | "preAuthAddOn"
  | "completion"
  | "completionAdvice"
  | "preAuthVoid"
  | "completionVoid"
  | "offlineSale"
  | "balance";

/** What is asked for at a shop's counter, by weight. A wish without anything to refer to becomes a sale. */
const WISHES: readonly [Weighted<Wish>, ...Weighted<Wish>[]] = [
  ["sale", 820],
  ["void", 25],
  ["refund", 12],
  ["preAuth", 50],
  ["preAuthAddOn", 4],
  ["completion", 30],
  ["completionAdvice", 8],
  ["preAuthVoid", 8],
  ["completionVoid", 3],
  ["offlineSale", 10],
  ["balance", 30],
];

/** Transactions of one sort that may still be referred to; the oldest is forgotten first. */
const MOST_REMEMBERED = 100;

/** Share of customers who try again after a refusal: the PIN once more, or another card when this one is empty. */
const TRY_AGAIN_RATE = 0.5;

/** The people before the counter and what they want. */
export class Customers {
  readonly #terminal: Terminal;
  readonly #deck: readonly [Card, ...Card[]];
  readonly #medianAmount: number;
  readonly #random: () => number;
  readonly #sales: JournalEntry[] = [];
  readonly #holds: JournalEntry[] = [];
  readonly #completions: JournalEntry[] = [];

  constructor(terminal: Terminal, deck: readonly [Card, ...Card[]], medianAmount: number, random: () => number) {
    this.#terminal = terminal;
    this.#deck = deck;
    this.#medianAmount = medianAmount;
    this.#random = random;
  }

  async serveOne(): Promise<Shown> {
    const shown = await this.#ask(drawWeighted(WISHES, this.#random()));
    if (shown.shown === "approved") this.#remember(shown.entry);
    return shown;
  }

  async #ask(wish: Wish): Promise<Shown> {
    switch (wish) {
      case "void":
        return this.#referring(this.#sales, (sale) => this.#inBatch(sale) && this.#terminal.void(sale));
      case "refund":
        return this.#referring(this.#sales, (sale) => this.#terminal.refund(sale, this.#partOf(sale.amount)));
      case "preAuthAddOn":
        return this.#referring(this.#holds, (hold) => this.#terminal.preAuthAddOn(hold, 10_000));
      case "completion":
        return this.#referring(this.#holds, (hold) => this.#terminal.completion(hold, this.#finalBill(hold)));
      case "completionAdvice":
        return this.#referring(this.#holds, (hold) => this.#terminal.completionAdvice(hold, this.#finalBill(hold)));
      case "preAuthVoid":
        return this.#referring(this.#holds, (hold) => this.#terminal.preAuthVoid(hold));
      case "completionVoid":
        return this.#referring(
          this.#completions,
          (completion) => this.#inBatch(completion) && this.#terminal.completionVoid(completion),
        );
      case "preAuth":
        return this.#terminal.preAuth(price(this.#medianAmount * 8, this.#random), { card: this.#card() });
      case "balance":
        return this.#terminal.balance({ card: this.#card() });
      case "offlineSale":
        return this.#terminal.offlineSale(price(this.#medianAmount / 4, this.#random), { card: this.#card() });
      case "sale":
        return this.#sale();
      default:
        return assertNever(wish);
    }
  }

  /** Each original is referred to once. */
  async #referring(originals: JournalEntry[], ask: (original: JournalEntry) => Promise<Shown> | false): Promise<Shown> {
    const [original] = originals.splice(Math.floor(this.#random() * originals.length), 1);
    const asked = original === undefined ? false : ask(original);
    return asked === false ? this.#sale() : asked;
  }

  async #sale(): Promise<Shown> {
    const amount = price(this.#medianAmount, this.#random);
    const card = this.#card();
    const shown = await this.#terminal.sale(amount, { card });
    if (shown.shown !== "declined" || this.#random() >= TRY_AGAIN_RATE) return shown;
    if (shown.code === "55") return this.#terminal.sale(amount, { card });
    return shown.code === "51" ? this.#terminal.sale(amount, { card: this.#card() }) : shown;
  }

  #remember(entry: JournalEntry): void {
    const list =
      entry.kind === "sale"
        ? this.#sales
        : entry.kind === "preAuth"
          ? this.#holds
          : entry.kind === "completion"
            ? this.#completions
            : undefined;
    list?.push(entry);
    if (list !== undefined && list.length > MOST_REMEMBERED) list.shift();
  }

  #inBatch(entry: JournalEntry): boolean {
    return entry.batch === this.#terminal.memory.batch;
  }

  /** Some guests pay more than was held, up to the 115 % that are allowed. */
  #finalBill(hold: JournalEntry): number {
    return Math.max(1, Math.floor(hold.amount * (0.6 + this.#random() * 0.55)));
  }

  #partOf(amount: number): number {
    return this.#random() < 0.5 ? amount : Math.max(1, Math.floor(amount * this.#random()));
  }

  /** One customer in ten has never been here. */
  #card(): Card {
    return this.#random() < 0.1 ? inventCard(this.#random) : drawCard(this.#deck, this.#random);
  }
}
