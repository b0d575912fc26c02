import Database from "better-sqlite3";
import { cp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { envelopeSchema } from "../../../src/contract/envelope.ts";
import { main } from "../../../src/cli/program.ts";
import {
  type Outcome,
  type Transaction,
  type TransactionEvent,
  transactionId,
} from "../../../src/domain/transaction.ts";
import { minorUnits } from "../../../src/domain/money.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { openLedger } from "../../../src/queue/open-ledger.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";

let dir: TempDir;
let store: string;

interface Step {
  readonly n: number;
  readonly event: TransactionEvent;
  readonly outcome: Outcome;
  readonly differs?: Partial<Transaction>;
}

/** Four sales: 1 approved, 2 declined at another terminal, 3 in doubt, 4 first in doubt and approved at last. */
const STEPS: readonly Step[] = [
  { n: 1, event: "requested", outcome: "inDoubt" },
  { n: 1, event: "answered", outcome: "approved" },
  { n: 4, event: "requested", outcome: "inDoubt" },
  {
    n: 2,
    event: "answered",
    outcome: "declined",
    differs: {
      responseCode: "51",
      terminal: terminalId("till-2"),
      amount: minorUnits(500),
      card: { bin6: "621234", last4: "0019", length: 16, scheme: "unionpay", luhnOk: true },
      requestedAt: "2026-02-01T10:00:00.000Z",
    },
  },
  { n: 3, event: "unanswered", outcome: "inDoubt", differs: { operator: "=HYPERLINK(1)", de41: "A\u001b[2J" } },
  { n: 4, event: "answered", outcome: "approved" },
];

async function openStore(directory: string): ReturnType<typeof openLedger> {
  return openLedger({ directory, clock: systemClock(), log: silentLog, allowVolatile: true });
}

async function fill(directory: string): Promise<void> {
  await using ledger = await openStore(directory);
  for (const { n, event, outcome, differs } of STEPS) {
    const transaction = aTransaction({ id: transactionId(`t-${n}`), stan: `00000${n}`, outcome, ...differs });
    await ledger.append({ kind: "transaction", terminal: transaction.terminal, body: { event, transaction } });
  }
  await ledger.append({ kind: "link", body: { state: "up" } });
}

beforeAll(async () => {
  dir = await tempDir();
  store = dir.file("store");
  await fill(store);
});

afterAll(async () => {
  await dir[Symbol.asyncDispose]();
});

async function journal(...args: readonly string[]): Promise<CapturedOutput & { code: number }> {
  const output = new CapturedOutput();
  const code = await main(["journal", ...args], output);
  return Object.assign(output, { code });
}

/** STANs of the rows of a table. */
function stans({ printed }: CapturedOutput): readonly (string | undefined)[] {
  return printed.slice(1).map((line) => line.split(" ").at(-1));
}

describe("journal list", () => {
  it("shows each transaction as it stands now, the one that changed last at the bottom", async () => {
    const output = await journal("list", "--store", store);
    expect(output.code).toBe(0);
    expect(stans(output)).toEqual(["000001", "000002", "000003", "000004"]);
    expect(output.printed.join("\n")).toMatch(/till-1 +sale +approved +123\.45 CNY +621234\*{6}0001 +00 +000001/);
    expect(output.printed[4]).toContain("approved");
    expect(output.printed[1]).toMatch(/\d\d:\d\d:\d\d [+-]\d\d:\d\d/);
  });

  it("filters by every criterion, by the newest state", async () => {
    const expected: readonly (readonly [readonly string[], readonly string[]])[] = [
      [["--outcome", "inDoubt"], ["000003"]],
      [["--terminal", "till-2"], ["000002"]],
      [["--code", "51"], ["000002"]],
      [["--last4", "0019"], ["000002"]],
      [["--amount", "5"], ["000002"]],
      [["--amount", "5.00", "--terminal", "till-1"], []],
      [
        ["--amount", "123.45", "--outcome", "approved"],
        ["000001", "000004"],
      ],
      [["--from", "2026-02-01T00:00:00Z"], ["000002"]],
      [
        ["--to", "2026-02-01T00:00:00Z"],
        ["000001", "000003", "000004"],
      ],
      [
        ["--limit", "2"],
        ["000003", "000004"],
      ],
    ];
    for (const [args, found] of expected) {
      expect(stans(await journal("list", "--store", store, ...args)), args.join(" ")).toEqual(found);
    }
  });

  it("says when nothing fits and when there is more", async () => {
    expect((await journal("list", "--store", store, "--code", "99")).complained).toEqual(["No transaction fits."]);
    expect((await journal("list", "--store", store, "--limit", "1")).complained[0]).toContain("newest 1");
  });

  it("reads a ledger that a gateway is writing to", async () => {
    await using fresh = await tempDir();
    await fill(fresh.file("store"));
    await using ledger = await openStore(fresh.file("store"));
    const transaction = aTransaction({ id: transactionId("t-9"), stan: "000009" });
    await ledger.append({ kind: "transaction", body: { event: "answered", transaction } });
    expect(stans(await journal("list", "--store", fresh.file("store"), "--limit", "1"))).toEqual(["000009"]);
    await ledger.append({
      kind: "transaction",
      body: { event: "answered", transaction: { ...transaction, stan: "000010" } },
    });
    expect(stans(await journal("list", "--store", fresh.file("store"), "--limit", "1"))).toEqual(["000010"]);
  });

  it("says in words when there is no ledger, and which config is wrong", async () => {
    expect(await journal("list", "--store", dir.path)).toMatchObject({
      code: 2,
      complained: [expect.stringContaining("no ledger")],
    });
    expect((await journal("list", "--config", dir.file("absent.yaml"))).code).toBe(78);
    await writeFile(dir.file("wrong.yaml"), "sight: {}\n");
    const wrong = await journal("list", "--config", dir.file("wrong.yaml"));
    expect(wrong.code).toBe(78);
    expect(wrong.complained.join("\n")).toContain("sight");
  });
});

describe("journal show", () => {
  it("shows a record as it is stored, and a transaction as people read it", async () => {
    const output = await journal("show", "4", "--store", store);
    expect(output.code).toBe(0);
    expect(output.printed[1]).toContain("5.00 CNY");
    expect(JSON.parse(output.printed.slice(3).join("\n"))).toMatchObject({
      seq: 4,
      kind: "transaction",
      body: { event: "answered", transaction: { id: "t-2", outcome: "declined" } },
    });
  });

  it("shows a record that is no transaction, and refuses one that does not exist", async () => {
    expect(JSON.parse((await journal("show", "7", "--store", store)).printed.join("\n"))).toMatchObject({
      kind: "link",
    });
    const output = await journal("show", "8", "--store", store);
    expect(output.code).toBe(1);
    expect(output.complained).toEqual(["There is no record 8: the ledger goes from 1 to 7."]);
  });

  it("lets nothing that came off the wire drive the terminal", async () => {
    for (const args of [["show", "5"], ["list"]]) {
      const output = await journal(...args, "--store", store);
      expect(output.printed.join("\n")).not.toContain("\u001b");
    }
  });
});

describe("journal verify", () => {
  it("finds the chain whole", async () => {
    const output = await journal("verify", "--store", store);
    expect(output.code).toBe(0);
    expect(output.printed[0]).toMatch(/^7 records, the chain is whole\./);
  });

  it("exits 1 and names the first bad record when somebody edited one", async () => {
    await using copy = await tempDir();
    await fill(copy.file("store"));
    const db = new Database(copy.file("store/ledger.db"));
    db.exec("UPDATE record SET body = replace(body, 'declined', 'approved') WHERE seq = 4");
    db.close();
    const output = await journal("verify", "--store", copy.file("store"));
    expect(output.code).toBe(1);
    expect(output.printed[0]).toMatch(/^Record 4 is the first bad one: .* 3 records before it are good\.$/);
  });

  it("exits 1 and names the first missing record", async () => {
    await using copy = await tempDir();
    await fill(copy.file("store"));
    const db = new Database(copy.file("store/ledger.db"));
    db.exec("DELETE FROM record WHERE seq = 3");
    db.close();
    const output = await journal("verify", "--store", copy.file("store"));
    expect(output.code).toBe(1);
    expect(output.printed[0]).toMatch(/^Record 3 is the first bad one: it is missing\./);
  });
});

describe("a ledger whose oldest records were confirmed and freed", () => {
  it("is listed, shown and checked from its first record on", async () => {
    await using copy = await tempDir();
    const path = copy.file("store");
    await fill(path);
    const db = new Database(copy.file("store/ledger.db"));
    db.exec(`UPDATE ledger SET floor_seq = 3, floor_hash = (SELECT hash FROM record WHERE seq = 3);
      DELETE FROM record WHERE seq <= 3`);
    db.close();
    const verified = await journal("verify", "--store", path);
    expect(verified.code).toBe(0);
    expect(verified.printed[0]).toBe("Records 1 to 3 were confirmed and freed; of them only the chain is kept.");
    expect(verified.printed[1]).toMatch(/^4 records, the chain is whole\./);
    const shown = await journal("show", "3", "--store", path);
    expect(shown.code).toBe(1);
    expect(shown.complained).toEqual(["There is no record 3: the ledger goes from 4 to 7."]);
    expect((await journal("list", "--store", path)).code).toBe(0);
  });
});

describe("journal export", () => {
  it("writes a CSV line for each transaction as it stands now", async () => {
    const file = dir.file("all.csv");
    const output = await journal("export", "--store", store, "--format", "csv", "-o", file);
    expect(output).toMatchObject({ code: 0, complained: [`4 transactions in ${file}.`] });
    const lines = (await readFile(file, "utf8")).split("\r\n");
    expect(lines).toHaveLength(6);
    expect(lines.slice(1, 5).map((line) => line.split(",")[1])).toEqual(["t-1", "t-2", "t-3", "t-4"]);
    expect(lines[3]).toContain('"\'=HYPERLINK(1)"');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("writes the envelopes as stored as JSON Lines, whose chain can be checked", async () => {
    const file = dir.file("all.jsonl");
    expect((await journal("export", "--store", store, "--format", "jsonl", "-o", file)).code).toBe(0);
    const envelopes = (await readFile(file, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => envelopeSchema.parse(JSON.parse(line)));
    expect(envelopes.map((envelope) => envelope.seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(envelopes.slice(1).map((envelope) => envelope.prevHash)).toEqual(
      envelopes.slice(0, -1).map((envelope) => envelope.hash),
    );
  });

  it("writes every record about the transactions that fit", async () => {
    const file = dir.file("some.jsonl");
    await journal("export", "--store", store, "--format", "jsonl", "--outcome", "approved", "-o", file);
    const seqs = [...(await readFile(file, "utf8")).matchAll(/"seq":(\d+)/g)].map(([, number]) => Number(number));
    expect(seqs).toEqual([1, 2, 3, 6]);
    await journal("export", "--store", store, "--format", "jsonl", "--terminal", "till-2", "-o", file);
    expect([...(await readFile(file, "utf8")).matchAll(/"seq":(\d+)/g)].map(([, number]) => Number(number))).toEqual([
      4,
    ]);
  });

  it("leaves no half-written file, and says where it could not write", async () => {
    const output = await journal("export", "--store", store, "--format", "csv", "-o", dir.file("absent/all.csv"));
    expect(output.code).toBe(2);
    expect(output.complained[0]).toContain("cannot be written");
    expect((await readdir(dir.path)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});

describe("a ledger that carries the records of an earlier stream", () => {
  let copy: string;

  beforeAll(async () => {
    copy = dir.file("copy");
    await cp(store, copy, { recursive: true });
    // In another place the same records go on under a stream of their own.
    await using ledger = await openStore(copy);
    expect(ledger.durable).toBe(STEPS.length + 2);
  });

  it("lists each transaction once, and says which record it was", async () => {
    const output = await journal("list", "--store", copy);
    expect(output.code).toBe(0);
    expect(stans(output)).toEqual(["000001", "000002", "000003", "000004"]);
    expect(output.printed[1]).toMatch(/^3 \(was 2\) /);
  });

  it("exports what is carried like everything else, and a terminal's records whether or not HQ waits for them", async () => {
    const csv = dir.file("carried.csv");
    expect((await journal("export", "--store", copy, "--format", "csv", "-o", csv)).code).toBe(0);
    const lines = (await readFile(csv, "utf8")).trimEnd().split("\r\n");
    expect(lines).toHaveLength(5);
    expect(lines[1]).toMatch(/,[0-9a-f-]{36},2$/);
    const file = dir.file("carried.jsonl");
    const filter = ["--terminal", "till-2", "--format", "jsonl", "-o", file];
    expect((await journal("export", "--store", copy, ...filter)).code).toBe(0);
    expect((await readFile(file, "utf8")).trimEnd().split("\n")).toHaveLength(1);
  });

  it("is read beside the file that was set aside for it", async () => {
    const [name] = await readdir(`${copy}/set-aside`);
    expect(name).toMatch(/^copied-/);
    const old = await journal("list", "--store", `${copy}/set-aside/${name}`);
    expect(old.code).toBe(0);
    expect(old.printed).toEqual((await journal("list", "--store", store)).printed);
  });
});
