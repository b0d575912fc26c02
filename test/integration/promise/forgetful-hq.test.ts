import { cp, mkdir, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseEnvelope } from "../../../src/contract/envelope-hash.ts";
import type { Unavailable } from "../../../src/domain/gap.ts";
import { seq } from "../../../src/domain/record.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { LedgerError } from "../../../src/queue/ledger-error.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { HqStore } from "../../../src/sim/hq/store.ts";
import { seededRandom } from "../../../src/sim/seeded-random.ts";
import { clockWith, ledgerIn } from "../../contract/ledger/a-ledger.ts";
import { flipBit } from "../../support/damaged-ledger.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { verdict } from "./verdict.ts";
import { ADDRESS, type Kept, saleBody } from "./writer-words.ts";

/** `TILLGATE_SEED` plays a failed run again. */
const SEED = Number(process.env["TILLGATE_SEED"] ?? Date.now() % 1_000_000);
/** Lives of a gateway; hundreds by hand: `TILLGATE_LIVES`. */
const LIVES = Number(process.env["TILLGATE_LIVES"] ?? 12);
const FREEING = {
  clock: clockWith({ synced: true, sleep: async () => new Promise((resolve) => setTimeout(resolve, 10)) }),
  space: { keep: 0, keepDays: 3650, ballast: 0 },
};

/** A gateway whose ledger frees what is confirmed, is damaged, and is moved: everything but its line. */
class Gateway {
  readonly kept: Kept[] = [];
  readonly #dir: TempDir;
  readonly #random: () => number;
  #place = 0;
  #sales = 0;

  constructor(dir: TempDir, random: () => number) {
    this.#dir = dir;
    this.#random = random;
  }

  get #store(): string {
    return this.#dir.file(`store-${this.#place}`);
  }

  async live(): Promise<void> {
    await mkdir(this.#store, { recursive: true });
    await using ledger = await ledgerIn(this.#store, FREEING);
    for (let commits = this.#below(4); commits >= 0; commits -= 1) await this.#sell(ledger, 1 + this.#below(40));
    if (this.#random() < 0.6) await this.#free(ledger);
    if (this.#random() < 0.5) await this.#sell(ledger, 1 + this.#below(10));
  }

  /** Once more, if what was read turned out to be damaged: as systemd would. */
  async tellAll(into: HqStore): Promise<void> {
    for (;;) {
      await using ledger = await ledgerIn(this.#store, FREEING);
      try {
        await tellAll(ledger, into);
        return;
      } catch (error) {
        if (!(error instanceof LedgerError) || !ledger.reopening.aborted) throw error;
      }
    }
  }

  async suffer(): Promise<string> {
    const path = join(this.#store, "ledger.db");
    const { size } = await stat(path);
    switch (this.#below(4)) {
      case 0:
        await flipBit(path, this.#below(size), this.#below(8));
        return "a bit flips";
      case 1:
        await truncate(path, this.#below(size));
        return "it is cut off";
      case 2: {
        const from = this.#store;
        this.#place += 1;
        await cp(from, this.#store, { recursive: true });
        await rm(from, { recursive: true });
        return "it is moved";
      }
      default:
        return "nothing";
    }
  }

  async #sell(ledger: Ledger, count: number): Promise<void> {
    await Promise.all(
      Array.from({ length: count }, async () => {
        this.#sales += 1;
        const sale = this.#sales;
        const body = saleBody("till-1", sale, "x".repeat(this.#below(600)));
        const at = await ledger.append({ kind: "transaction", terminal: terminalId("till-1"), body });
        this.kept.push({ said: "kept", stream: ledger.stream, seq: at, till: "till-1", sale });
      }),
    );
  }

  async #free(ledger: Ledger): Promise<void> {
    const upTo = ledger.first + this.#below(ledger.durable - ledger.first);
    await ledger.confirm(seq(upTo));
    await waitUntil("it is freed", () => ledger.first > upTo || upTo === ledger.durable);
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

/** What a gateway sends to a headquarters that has forgotten everything. */
async function tellAll(ledger: Ledger, into: HqStore): Promise<void> {
  const { first, durable, stream } = ledger;
  if (first > 1) {
    const freed = await ledger.freedEarlier();
    const body: Unavailable = { event: "unavailable", from: seq(1), to: seq(first - 1), freed };
    await ledger.append({ kind: "gap", body });
  }
  for (let next = Number(first); next <= durable + 1;) {
    const rows = await ledger.page(seq(next), 500, true);
    if (rows.length === 0) break;
    into.store(
      rows.map(({ envelope }) => {
        const text = Buffer.from(envelope).toString("utf8");
        const parsed = parseEnvelope(text);
        if (!parsed.ok) throw new Error(`${stream}: ${parsed.reason}`);
        return { address: ADDRESS, envelope: parsed.envelope, text };
      }),
    );
    next += rows.length;
  }
}

test(
  `a headquarters that has forgotten everything is told of each record, whatever became of the ledger (TILLGATE_SEED=${SEED})`,
  { timeout: 60_000 + LIVES * 10_000 },
  async () => {
    await using dir = await tempDir();
    const gateway = new Gateway(dir, seededRandom(SEED));
    const lives: string[] = [];
    for (let life = 0; life < LIVES; life += 1) {
      await gateway.live();
      lives.push(await gateway.suffer());
      const database = dir.file(`hq-${life}.db`);
      {
        using hq = new HqStore(database);
        await gateway.tellAll(hq);
      }
      const { lost, duplicated, forks, chainBreaks } = verdict(gateway.kept, database);
      expect({ lost, duplicated, forks, chainBreaks }, lives.join(", ")).toEqual({
        lost: [],
        duplicated: [],
        forks: 0,
        chainBreaks: 0,
      });
    }
    expect(gateway.kept.length).toBeGreaterThan(LIVES);
  },
);
