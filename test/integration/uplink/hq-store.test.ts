import { describe, expect, test } from "vitest";
import type { Envelope } from "../../../src/domain/record.ts";
import { openLedger } from "../../../src/queue/open-ledger.ts";
import { seq } from "../../../src/domain/record.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { books } from "../../../src/sim/hq/books.ts";
import { checkEnvelope } from "../../../src/sim/hq/envelope-check.ts";
import { type Arrival, HqStore } from "../../../src/sim/hq/store.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { ADDRESS } from "./rig.ts";

/** Real envelopes of a real ledger. */
async function ledgerOf(directory: TempDir, name: string, count: number): Promise<readonly Buffer[]> {
  const options = { directory: directory.file(name), clock: systemClock(), log: silentLog, allowVolatile: true };
  await using ledger = await openLedger(options);
  for (let number = 1; number <= count; number += 1) {
    await ledger.append({
      kind: "transaction",
      terminal: terminalId("till-1"),
      body: { number, text: 'Käse 芝士 😀 \u0001 "quoted" \\', z: [1.5, -0, 1e21, null, true], a: { é: 1, e: 2 } },
    });
  }
  return (await ledger.page(seq(1), 500)).map(({ envelope }) => Buffer.from(envelope));
}

function arrival(payload: Buffer): Arrival {
  const checked = checkEnvelope(payload);
  if (!checked.ok) throw new Error(checked.why);
  return { address: ADDRESS, envelope: checked.envelope, text: payload.toString("utf8") };
}

function seqs(envelopes: readonly Envelope[]): readonly number[] {
  return envelopes.map((envelope) => envelope.seq);
}

describe("an envelope's check", () => {
  test("agrees with the ledger, whose hashing it does not share", async () => {
    await using directory = await tempDir();
    for (const payload of await ledgerOf(directory, "ledger", 3)) expect(checkEnvelope(payload).ok).toBe(true);
  });

  test("finds every changed byte", async () => {
    await using directory = await tempDir();
    const [payload] = await ledgerOf(directory, "ledger", 1);
    if (payload === undefined) throw new Error("the ledger gave nothing");
    for (let at = 0; at < payload.length; at += 1) {
      const changed = Buffer.from(payload);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(checkEnvelope(changed).ok, `byte ${at}`).toBe(false);
    }
  });

  test.each(["", "[]", "{", "{}", "null", '{"stream":1}'])("refuses %j", (text) => {
    expect(checkEnvelope(Buffer.from(text)).ok).toBe(false);
  });
});

describe("headquarters' store", () => {
  test("keeps each record once and counts what comes again", async () => {
    await using directory = await tempDir();
    const [one, two, three] = (await ledgerOf(directory, "ledger", 3)).map(arrival);
    if (one === undefined || two === undefined || three === undefined) throw new Error("the ledger gave too little");
    const file = directory.file("hq.db");
    {
      using store = new HqStore(file);
      expect(seqs(store.store([one, three, one]).stored)).toEqual([1, 3]);
      expect(store.store([three]).duplicates).toBe(1);
    }
    expect(books(file)).toMatchObject({ rows: 2, duplicates: 2, gaps: 1, forks: 0, chainBreaks: 0 });
    using store = new HqStore(file);
    const [stream] = [...store.streams()];
    expect(stream?.progress.missing(10)).toEqual([2]);
    expect(store.store([two, two])).toMatchObject({ duplicates: 1 });
    expect(stream?.progress.upTo).toBe(3);
    expect(books(file)).toMatchObject({ rows: 3, duplicates: 3, gaps: 0 });
  });

  test("keeps a fork beside what it had, and says so", async () => {
    await using directory = await tempDir();
    const file = directory.file("hq.db");
    const [original] = (await ledgerOf(directory, "ledger", 1)).map(arrival);
    const [other] = (await ledgerOf(directory, "other", 1)).map(arrival);
    if (original === undefined || other === undefined) throw new Error("the ledger gave nothing");
    const fork: Arrival = { ...other, envelope: { ...other.envelope, stream: original.envelope.stream } };
    using store = new HqStore(file);
    store.store([original]);
    expect(seqs(store.store([fork, fork]).forks)).toEqual([1, 1]);
    expect(books(file)).toMatchObject({ rows: 1, forks: 1, duplicates: 0 });
    expect(store.store([original]).duplicates).toBe(1);
  });

  test("sees a record that does not follow its predecessor, whichever of them comes first", async () => {
    await using directory = await tempDir();
    const arrivals = (await ledgerOf(directory, "ledger", 2)).map(arrival);
    const [one, two] = arrivals;
    if (one === undefined || two === undefined) throw new Error("the ledger gave too little");
    const torn: Arrival = { ...two, envelope: { ...two.envelope, prevHash: "1".repeat(64) } };
    for (const [name, order] of Object.entries({ forward: [one, torn], backward: [torn, one] })) {
      using store = new HqStore(directory.file(`${name}.db`));
      const breaks = order.flatMap((each) => store.store([each]).chainBreaks);
      expect(breaks, name).toHaveLength(1);
    }
  });
});
