import type { Receipt } from "../../../domain/receipt.ts";
import type { Message } from "../codec/messages.ts";
import { withoutSplitNumbers } from "../codec/split-numbers.ts";

/** Lines of one slip, slips of one command, and empty lines in a row. */
const MOST_LINES = 400;
const MOST_RECEIPTS = 6;
const MOST_FEEDS = 5;

interface Slip {
  readonly type: Receipt["type"];
  readonly lines: string[];
}

/** Collects what one command printed. */
export class Receipts {
  readonly #slips: Slip[] = [];
  readonly #unnamed: Receipt["type"];
  #lines: Slip | undefined;

  /** @param unnamed  What a slip is that does not say what it is. */
  constructor(unnamed: Receipt["type"]) {
    this.#unnamed = unnamed;
  }

  take(message: Extract<Message, { type: "printLine" | "printBlock" }>): void {
    if (message.type === "printBlock") {
      const type = typeOf(message.receiptType) ?? this.#unnamed;
      const before = this.#slips.at(-1);
      // A slip that does not fit one message goes on in the next one.
      const slip = before !== undefined && before !== this.#lines && before.type === type ? before : this.#begin(type);
      add(slip, message.lines);
      return;
    }
    this.#lines ??= this.#begin(this.#unnamed);
    const feeds = Array.from({ length: Math.min(message.feed, MOST_FEEDS) }, () => "");
    add(this.#lines, message.line === "" ? feeds : [message.line]);
  }

  /** @returns undefined when nothing was printed. */
  all(): readonly Receipt[] | undefined {
    const slips = this.#slips.filter(({ lines }) => lines.length > 0);
    return slips.length === 0
      ? undefined
      : slips.map(({ type, lines }) => ({ type, lines: withoutSplitNumbers(lines) }));
  }

  #begin(type: Receipt["type"]): Slip {
    const slip = { type, lines: [] };
    if (this.#slips.length < MOST_RECEIPTS) this.#slips.push(slip);
    return slip;
  }
}

/** TLV 1F07. */
function typeOf(code: number | undefined): Receipt["type"] | undefined {
  switch (code) {
    case 1:
      return "merchant";
    case 2:
      return "customer";
    case 3:
      return "administration";
    default:
      return undefined;
  }
}

function add(slip: Slip, lines: readonly string[]): void {
  slip.lines.push(...lines.slice(0, MOST_LINES - slip.lines.length));
}
