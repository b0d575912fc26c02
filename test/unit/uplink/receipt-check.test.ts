import { expect, test } from "vitest";
import type { Receipt } from "../../../src/contract/receipt.ts";
import { type Seq, seq, streamId } from "../../../src/domain/record.ts";
import type { OutboxRow } from "../../../src/uplink/outbox.ts";
import { ReceiptCheck } from "../../../src/uplink/receipt-check.ts";

const STREAM = streamId("0b1c2d3e-0000-4000-8000-000000000000");
const HEAD = seq(20);
const MARK = seq(5);

function hashOf(position: number): string {
  return position.toString(16).padStart(64, "0");
}

function receipt(upTo: number, hash?: string): Receipt {
  return { stream: STREAM, upTo: seq(upTo), missing: [], ...(hash === undefined ? {} : { hash }) };
}

/** A check whose ledger answers when the test says so. */
class Looked {
  readonly accepted: Seq[] = [];
  readonly differing: Seq[] = [];
  readonly failures: unknown[] = [];
  readonly asked: Seq[] = [];
  readonly check: ReceiptCheck;
  readonly #answers: (() => void)[] = [];

  constructor(rowAt: (at: Seq) => readonly OutboxRow[]) {
    this.check = new ReceiptCheck({
      outbox: {
        stream: STREAM,
        durable: HEAD,
        mark: () => MARK,
        page: async (from) => {
          this.asked.push(from);
          await new Promise<void>((resolve) => this.#answers.push(resolve));
          return rowAt(from);
        },
      },
      accept: ({ upTo }) => this.accepted.push(upTo),
      differs: (at) => this.differing.push(at),
      failed: (error) => this.failures.push(error),
    });
  }

  async answered(): Promise<void> {
    this.#answers.shift()?.();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

function sound(at: Seq): readonly OutboxRow[] {
  return [{ seq: at, kind: "transaction", lane: "money", envelope: JSON.stringify({ hash: hashOf(at) }) }];
}

test("a receipt for the record that stands here moves the mark, one for another does not", async () => {
  const looked = new Looked(sound);
  looked.check.take(receipt(10, hashOf(10)));
  expect(looked.accepted).toEqual([]);
  await looked.answered();
  expect(looked.accepted).toEqual([10]);
  looked.check.take(receipt(12, hashOf(99)));
  await looked.answered();
  expect({ accepted: looked.accepted, differing: looked.differing }).toEqual({ accepted: [10], differing: [12] });
});

test("once the two have parted nothing more is freed, not by a later record that is the same on both sides either", async () => {
  const looked = new Looked(sound);
  looked.check.take(receipt(12, hashOf(99)));
  await looked.answered();
  looked.check.take(receipt(15, hashOf(15)));
  looked.check.take(receipt(16));
  await looked.answered();
  await looked.check.idle();
  expect({ accepted: looked.accepted, differing: looked.differing }).toEqual({ accepted: [], differing: [12, 15, 16] });
  looked.check.take(receipt(MARK));
  expect(looked.accepted, "what frees nothing is heard").toEqual([MARK]);
});

test("what frees nothing, names no hash, speaks of another stream or of more than there is, needs no look", () => {
  const looked = new Looked(sound);
  const other = streamId("1b1c2d3e-0000-4000-8000-000000000000");
  looked.check.take(receipt(MARK, hashOf(99)));
  looked.check.take(receipt(10));
  looked.check.take({ ...receipt(10, hashOf(99)), stream: other });
  looked.check.take(receipt(HEAD + 1, hashOf(99)));
  expect(looked.accepted).toEqual([MARK, 10, 10, HEAD + 1]);
  expect(looked.asked).toEqual([]);
});

test("while one is looked at the newest waits, and order holds", async () => {
  const looked = new Looked(sound);
  looked.check.take(receipt(10, hashOf(10)));
  looked.check.take(receipt(11, hashOf(11)));
  looked.check.take(receipt(12, hashOf(12)));
  await looked.answered();
  expect({ accepted: looked.accepted, asked: looked.asked }).toEqual({ accepted: [10], asked: [10, 12] });
  await looked.answered();
  await looked.check.idle();
  expect(looked.accepted).toEqual([10, 12]);
});

test("what cannot be read is not confirmed, and the next receipt is looked at", async () => {
  const looked = new Looked((at) => (at === 10 ? [] : sound(at)));
  looked.check.take(receipt(10, hashOf(10)));
  await looked.answered();
  expect({ accepted: looked.accepted, failures: looked.failures.length }).toEqual({ accepted: [], failures: 1 });
  looked.check.take(receipt(11, hashOf(11)));
  await looked.answered();
  expect(looked.accepted).toEqual([11]);
});
