import { execFile } from "node:child_process";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import Database from "better-sqlite3";
import { Decrypter } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seq } from "../../../src/domain/record.ts";
import { books } from "../../../src/sim/hq/books.ts";
import { ledgerIn } from "../../contract/ledger/a-ledger.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { type HqKeys, hqKeys, printedKey, sellFor, tillgate } from "./a-rescue.ts";

const run = promisify(execFile);
const SALES = 1_250;
const CONFIRMED = 50;
const GATEWAY = "acme/shop-1/g1";

let dir: TempDir;
let hq: HqKeys;
let key: string;
/** What the file of the first export looks like to whoever carries it. */
let sealed: Buffer;
let file: string;

async function exportTo(out: string, more = "", store = dir.file("store")): ReturnType<typeof tillgate> {
  const what = `--store ${store} --recipient ${hq.recipient} --out ${out}${more}`;
  return tillgate(`rescue export ${what}${more.includes("--gateway") ? "" : ` --gateway ${GATEWAY}`}`);
}

async function importFrom(from: string, into: string, more = ""): ReturnType<typeof tillgate> {
  return tillgate(`rescue import ${from} --identity ${hq.identity} --into ${into}${more}`);
}

function linesOf(text: string): readonly string[] {
  return text.trimEnd().split("\n");
}

/** What is inside, as HQ sees it without tillgate: `age -d | gunzip`. */
async function insideOf(bytes: Uint8Array): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(linesOf(await readFile(hq.identity, "utf8")).at(-1) ?? "");
  return gunzipSync(await decrypter.decrypt(bytes)).toString("utf8");
}

beforeAll(async () => {
  dir = await tempDir("tillgate-rescue-test-");
  hq = await hqKeys(dir);
  await using ledger = await ledgerIn(dir.file("store"));
  await sellFor(ledger, 1, SALES);
  await ledger.confirm(seq(CONFIRMED));
  file = dir.file("first.rescue");
  const output = await exportTo(file);
  expect(output.complained).toEqual([]);
  key = printedKey(output);
  sealed = await readFile(file);
});

afterAll(async () => {
  await dir[Symbol.asyncDispose]();
});

describe("rescue export", () => {
  it("writes the unsent records as they stand in the ledger, with a signed manifest, for its owner alone", async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const lines = linesOf(await insideOf(sealed));
    expect(JSON.parse(lines[0] ?? "")).toEqual({ format: "tillgate-rescue", version: 1 });
    const jsonl = dir.file("all.jsonl");
    await tillgate(`journal export --store ${dir.file("store")} --format jsonl -o ${jsonl}`);
    expect(lines.slice(1, -1)).toEqual(linesOf(await readFile(jsonl, "utf8")).slice(CONFIRMED));
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({
      manifest: {
        from: CONFIRMED + 1,
        to: SALES,
        count: SALES - CONFIRMED,
        mark: CONFIRMED,
        sums: [
          { currency: "CNY", count: 1_080, amount: 1_080 * 12_345 },
          { currency: "HKD", count: 120, amount: 60_000 },
        ],
        gateway: { tenant: "acme", site: "shop-1", gateway: "g1" },
        recipient: hq.recipient,
        key,
      },
    });
  });

  it("keeps the gateway's key from one export to the next, readable by its owner alone", async () => {
    expect((await stat(join(dir.file("store"), "rescue.key"))).mode & 0o777).toBe(0o600);
    expect(printedKey(await exportTo(dir.file("again.rescue")))).toBe(key);
  });

  it("makes no other key in place of one that it cannot read: headquarters has pinned that", async () => {
    await using other = await tempDir();
    await (await ledgerIn(other.file("store")))[Symbol.asyncDispose]();
    await using ledger = await ledgerIn(other.file("store"));
    await sellFor(ledger, 1, 1);
    await writeFile(join(other.file("store"), "rescue.key"), "torn");
    const output = await exportTo(other.file("out"), "", other.file("store"));
    expect(output).toMatchObject({ code: 1, complained: [expect.stringContaining("rescue.keyUnreadable")] });
    expect(await readFile(join(other.file("store"), "rescue.key"), "utf8")).toBe("torn");
  });

  it("reads a running gateway, and takes what was acknowledged until then", async () => {
    await using ledger = await ledgerIn(dir.file("store"));
    expect(ledger.durable).toBe(SALES);
    const output = await exportTo(dir.file("running.rescue"), " --json");
    expect(JSON.parse(output.printed.join("\n"))).toMatchObject({ from: CONFIRMED + 1, to: SALES });
  });

  it("reads a card that was pulled out of a dead gateway and is mounted read-only, unwritten log and all", async () => {
    await using card = await tempDir();
    const store = card.file("store");
    const ledger = await ledgerIn(store);
    await sellFor(ledger, 1, 7);
    await run("cp", ["-r", store, card.file("pulled")]);
    await ledger[Symbol.asyncDispose]();
    expect((await stat(join(card.file("pulled"), "ledger.db-wal"))).size).toBeGreaterThan(0);
    const before = await readdir(card.file("pulled"));
    await run("mount", ["--bind", card.file("pulled"), card.file("pulled")]);
    try {
      await run("mount", ["-o", "remount,bind,ro", card.file("pulled")]);
      const output = await exportTo(card.file("out"), " --json", card.file("pulled"));
      expect(output.code).toBe(0);
      expect(JSON.parse(output.printed.join("\n"))).toMatchObject({ from: 1, to: 7, count: 7 });
      expect(output.complained.join("\n")).toContain("key is of this file only");
      expect(await readdir(card.file("pulled"))).toEqual(before);
    } finally {
      await run("umount", [card.file("pulled")]);
    }
    expect((await readdir(tmpdir())).filter((name) => name.startsWith("tillgate-store-"))).toEqual([]);
  });

  it("writes nothing when headquarters has everything, and confirmed records when it is asked to", async () => {
    await using other = await tempDir();
    await using ledger = await ledgerIn(other.file("store"));
    await sellFor(ledger, 1, 3);
    await ledger.confirm(seq(3));
    const nothing = await exportTo(other.file("out"), "", other.file("store"));
    expect(nothing).toMatchObject({ code: 0, complained: [expect.stringContaining("Nothing to carry")] });
    expect(await readdir(other.path)).toEqual(["store"]);
    const all = await exportTo(other.file("out"), " --from 2 --json", other.file("store"));
    expect(JSON.parse(all.printed.join("\n"))).toMatchObject({ from: 2, to: 3, mark: 3 });
  });

  it("takes parked records along, which no line can carry, although the mark has passed them", async () => {
    await using other = await tempDir();
    await using ledger = await ledgerIn(other.file("store"));
    await sellFor(ledger, 1, 4);
    const body = { event: "parked", seq: 2, hash: "0".repeat(64), kind: "transaction", reason: "tooLarge" };
    await ledger.append({ kind: "gap", body });
    await ledger.confirm(seq(5));
    const output = await exportTo(other.file("out"), " --json", other.file("store"));
    expect(JSON.parse(output.printed.join("\n"))).toMatchObject({ from: 2, to: 5, mark: 5 });
  });

  it("leaves no file behind that is not complete, and says in words why", async () => {
    const noRecipient = await tillgate(`rescue export --store ${dir.file("store")} --out ${dir.file("x")}`);
    expect(noRecipient.code).toBe(64);
    const typo = hq.recipient.replace(/.$/, (last) => (last === "q" ? "p" : "q"));
    const badRecipient = await tillgate(
      `rescue export --store ${dir.file("store")} --out ${dir.file("x")} --recipient ${typo}`,
    );
    expect(badRecipient).toMatchObject({ code: 1, complained: [expect.stringContaining("rescue.badRecipient")] });
    const noPlace = await exportTo(dir.file("absent/x"));
    expect(noPlace).toMatchObject({ code: 1, complained: [expect.stringContaining("rescue.cannotWrite")] });
    expect((await exportTo(dir.file("x"), "", dir.path)).complained[0]).toContain("store.missing");
    expect((await readdir(dir.path)).filter((name) => name.startsWith("x"))).toEqual([]);
  });
});

describe("rescue import", () => {
  it("stores every record once, however often it is done", async () => {
    const into = dir.file("hq-once.db");
    const first = await importFrom(file, into, ` --gateway-key ${key}`);
    expect(first.complained).toEqual([]);
    expect(first.code).toBe(0);
    expect(first.printed).toContain("1200 new, 0 were here already, 0 differ.");
    expect(first.printed.join("\n")).toContain("together 133326.00 CNY");
    const second = await importFrom(file, into);
    expect(second.code).toBe(0);
    expect(second.printed).toContain("0 new, 1200 were here already, 0 differ.");
    const held = books(into);
    expect(held).toMatchObject({ rows: 1_200, forks: 0, chainBreaks: 0, damaged: 0 });
    expect(held.streams).toMatchObject([{ site: "shop-1", gateway: "g1" }]);
  });

  it("prints the records for another headquarters, as they stood in the ledger", async () => {
    const out = dir.file("out.jsonl");
    const output = await tillgate(
      `rescue import ${file} --identity ${hq.identity} --jsonl ${out} --gateway-key ${key}`,
    );
    expect(output.code).toBe(0);
    expect(linesOf(await readFile(out, "utf8"))).toEqual(linesOf(await insideOf(sealed)).slice(1, -1));
  });

  it("remembers the key that it was told, or told to trust, and takes no other from then on", async () => {
    const into = dir.file("hq-keys.db");
    const untold = await importFrom(file, into);
    expect(untold).toMatchObject({ code: 1, complained: [expect.stringContaining("rescue.unknownSigner")] });
    expect(untold.complained.join("\n")).toContain(key);
    expect((await importFrom(file, into, " --trust-on-first-use")).code).toBe(0);

    await using other = await tempDir();
    await using ledger = await ledgerIn(other.file("store"));
    await sellFor(ledger, 1, 3);
    const forged = other.file("forged.rescue");
    const signed = await exportTo(forged, "", other.file("store"));
    for (const more of ["", " --trust-on-first-use"]) {
      const refused = await importFrom(forged, into, more);
      expect(refused).toMatchObject({ code: 1, complained: [expect.stringContaining("rescue.wrongSigner")] });
    }
    expect(books(into).rows).toBe(1_200);
    // A gateway that was replaced has another key: somebody has to say so.
    expect((await importFrom(forged, into, ` --gateway-key ${printedKey(signed)}`)).code).toBe(0);
    expect((await importFrom(forged, into)).code).toBe(0);
  });

  it("lets a gateway speak for no stream but its own", async () => {
    const into = dir.file("hq-streams.db");
    await importFrom(file, into, ` --gateway-key ${key}`);
    const elsewhere = dir.file("elsewhere.rescue");
    await exportTo(elsewhere, " --gateway acme/shop-1/g2");
    const refused = await importFrom(elsewhere, into, ` --gateway-key ${key}`);
    expect(refused).toMatchObject({ code: 1, complained: [expect.stringContaining("rescue.wrongSigner")] });
  });

  it("says which records are not what headquarters holds under their number, keeps both, and ends with 1", async () => {
    const into = dir.file("hq-forks.db");
    await importFrom(file, into, ` --gateway-key ${key}`);
    const db = new Database(into);
    db.exec("UPDATE record SET hash = 'another' WHERE seq = 60");
    db.close();
    const output = await importFrom(file, into);
    expect(output.code).toBe(1);
    expect(output.complained.join("\n")).toContain("1 of them");
    expect(books(into).forks).toBe(1);
  });
});
