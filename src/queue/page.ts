import { type Lane, LANES, RECORD_KINDS, type RecordKind, type Seq, seq } from "../domain/record.ts";
import { type TerminalId, terminalId } from "../domain/terminal.ts";
import { LedgerError } from "./ledger-error.ts";

/** A record as it is sent: the envelope's canonical JSON, and beside it what a sender must know without parsing. */
export interface StoredRecord {
  readonly seq: Seq;
  readonly kind: RecordKind;
  readonly lane: Lane;
  readonly terminal?: TerminalId;
  /** Canonical envelope in UTF-8. A view on the page's memory: copy it to keep it for long. */
  readonly envelope: Buffer;
}

/** Per record: end of its envelope in `text`, place of its kind in RECORD_KINDS, of its lane in LANES, of its terminal (1-based, 0 none). */
const NUMBERS = 4;
const EXPECTED_BYTES = 1024;

/** Consecutive records in two buffers, made to be transferred from the reader to the main thread. */
export interface PackedPage {
  readonly first: number;
  readonly numbers: Uint32Array<ArrayBuffer>;
  readonly terminals: readonly string[];
  readonly text: ArrayBuffer;
}

/** Fills pages, keeping its buffers from one page to the next: what it hands out is a copy of the right size. */
export class PagePacker {
  #text = Buffer.allocUnsafeSlow(64 * EXPECTED_BYTES);
  #used = 0;
  #numbers: number[] = [];
  #terminals = new Map<string, number>();

  begin(): void {
    this.#used = 0;
    this.#numbers = [];
    this.#terminals = new Map();
  }

  /** Bytes of envelopes so far. */
  get bytes(): number {
    return this.#used;
  }

  /** @throws LedgerError `store.damaged` for a kind or lane that does not exist. */
  add(
    record: { readonly kind: string; readonly lane: string; readonly terminal: string | null },
    envelope: string,
  ): void {
    const kind = RECORD_KINDS.findIndex((known) => known === record.kind);
    const lane = LANES.findIndex((known) => known === record.lane);
    if (kind < 0 || lane < 0) {
      throw new LedgerError({
        code: "store.damaged",
        detail: `a record is of kind ${record.kind}, lane ${record.lane}`,
      });
    }
    // UTF-8 takes at most three bytes for each UTF-16 unit.
    this.#reserve(envelope.length * 3);
    this.#used += this.#text.write(envelope, this.#used);
    this.#numbers.push(this.#used, kind, lane, record.terminal === null ? 0 : this.#terminalNumber(record.terminal));
  }

  /** What was added since `begin`, as a copy. */
  take(first: number): PackedPage {
    return {
      first,
      numbers: Uint32Array.from(this.#numbers),
      terminals: [...this.#terminals.keys()],
      text: this.#text.buffer.slice(0, this.#used),
    };
  }

  #terminalNumber(terminal: string): number {
    const known = this.#terminals.get(terminal);
    if (known !== undefined) return known;
    const number = this.#terminals.size + 1;
    this.#terminals.set(terminal, number);
    return number;
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#text.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#text.length * 2, this.#used + bytes));
    this.#text.copy(larger, 0, 0, this.#used);
    this.#text = larger;
  }
}

/** @throws LedgerError `store.damaged` when a terminal has an impossible name. */
export function unpackPage({ first, numbers, terminals, text }: PackedPage): readonly StoredRecord[] {
  const names = terminals.map(storedTerminal);
  const records: StoredRecord[] = [];
  let start = 0;
  for (let at = 0; at < numbers.length; at += NUMBERS) {
    const [end = 0, kind = 0, lane = 0, terminal = 0] = numbers.subarray(at, at + NUMBERS);
    const name = names[terminal - 1];
    records.push({
      seq: seq(first + records.length),
      kind: RECORD_KINDS[kind] ?? RECORD_KINDS[0],
      lane: LANES[lane] ?? LANES[0],
      ...(name === undefined ? {} : { terminal: name }),
      envelope: Buffer.from(text, start, end - start),
    });
    start = end;
  }
  return records;
}

function storedTerminal(name: string): TerminalId {
  try {
    return terminalId(name);
  } catch (cause) {
    throw new LedgerError({ code: "store.damaged", detail: "a record has an impossible terminal name" }, { cause });
  }
}
