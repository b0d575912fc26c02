import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Leak, LeakSearch } from "../../support/leak-search.ts";
import type { Shop } from "../../support/shop.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { askEverything, MqttCapture, readJournal } from "./evidence.ts";
import { aDay, openShop, sayHostileThings } from "./traffic.ts";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));

describe("card numbers, tracks, PIN blocks and keys", () => {
  test("of a whole day are nowhere: not in a database, a log, a message, an answer or an export", async () => {
    await using shop = await openShop();
    await using capture = await MqttCapture.begin(shop);
    shop.startSelling({ pauseMs: 20 });
    await shop.sold(200);
    await shop.stopSelling();
    for (const terminal of shop.terminals.slice(0, 2)) await aDay(shop, terminal);
    const spoken = await sayHostileThings(shop);
    const used = [...spoken, ...shop.terminals.flatMap((terminal) => terminal.secrets())];
    const pan = used.find(({ name }) => name === "card number")?.value ?? "";
    await shop.settle();

    await askEverything(shop, pan);
    await readJournal(shop, await shop.metric("tillgate_ledger_head_seq"));
    await capture[Symbol.asyncDispose]();
    await writeFile(shop.file("log.txt"), shop.said());

    // The daemon still runs: its write-ahead logs are on disk as they are.
    const { leaks, files, bytes } = await new LeakSearch(used).inFiles(shop.directory);
    expect(summary(leaks)).toEqual([]);

    const kinds = new Set(used.map(({ name }) => name));
    for (const kind of ["card number", "track 2", "track 3", "PIN block", "key block"]) expect(kinds).toContain(kind);
    expect(files).toBeGreaterThan(10);
    expect(bytes).toBeGreaterThan(1_000_000);
    await expectItLooked(shop);
  });
});

/** The search would have found something: what may stand everywhere does, wherever it looked. */
async function expectItLooked(shop: Shop): Promise<void> {
  const sold = shop.terminals[1]?.journal().findLast(({ result }) => result === "approved");
  const { leaks } = await new LeakSearch([{ name: "RRN", value: sold?.rrn ?? "" }]).inFiles(shop.directory);
  const places = new Set(leaks.map(({ where }) => where.slice(shop.directory.length + 1)));
  for (const place of ["mqtt.txt", "http.txt", "journal/printed.txt", "journal/export.csv", "journal/export.jsonl"]) {
    expect(places).toContain(place);
  }
  expect([...places].some((place) => place.startsWith("store/ledger.db"))).toBe(true);
  expect([...places].some((place) => place.startsWith("hq.db"))).toBe(true);
  expect(shop.said(), "rubbish was spoken of").toContain("relay.undecodable");
  expect(shop.said()).toContain("relay.opaque");
  const hostTexts = shop.audit().records.flatMap(({ transaction }) => transaction.hostText ?? []);
  expect(hostTexts.join("\n"), "what a host said with a number in it is kept, the number masked").toMatch(
    /card \d{6}\*+\d{4} is/,
  );
  expect(hostTexts, "and so is GBK").toContain("余额不足");
}

function summary(leaks: readonly Leak[]): readonly string[] {
  return leaks.slice(0, 20).map(({ secret, form, where, offset }) => `${secret} as ${form} in ${where} at ${offset}`);
}

interface Canary {
  readonly what: string;
  readonly file: string;
  readonly sane: string;
  readonly leaky: string;
}

const CODEC = "src/drivers/iso8583/codec";

const CANARIES: readonly Canary[] = [
  {
    what: "DE48 of a batch upload in a settlement record",
    file: `${CODEC}/observed-private.ts`,
    sane: "out.details = details;",
    leaky: 'out.details = details; out.currency = Buffer.from(frame.subarray(at, at + 24)).toString("hex") as never;',
  },
  {
    what: "the whole number in place of its first six digits",
    file: "src/drivers/wire/card.ts",
    sane: "const bin6 = digits.slice(0, HEAD);",
    leaky: "const bin6 = digits;",
  },
  {
    what: "the bytes of what could not be read in the log",
    file: "src/drivers/iso8583/observer.ts",
    sane: "const observation = observe(frame, framing, tokenise);",
    leaky:
      'const observation = observe(frame, framing, tokenise); this.#deps.log.info("x", { raw: Buffer.from(frame).toString("base64") });',
  },
];

describe("a canary", () => {
  test.each(CANARIES)("that leaks $what is caught by the same search", async (canary) => {
    await using directory = await tempDir("tillgate-canary-");
    await using shop = await openShop(await leakyBuild(directory, canary));
    const [terminal] = shop.terminals;
    if (terminal === undefined) throw new Error("the shop has terminals");
    await aDay(shop, terminal);
    await shop.delivered();
    await writeFile(shop.file("log.txt"), shop.said());

    const { leaks } = await new LeakSearch(terminal.secrets()).inFiles(shop.directory);

    expect(leaks.map(({ secret }) => secret)).toContain("card number");
  });
});

/** @returns `main.ts` of a copy of this program with one line changed. */
async function leakyBuild(directory: TempDir, { file, sane, leaky }: Canary): Promise<string> {
  await cp(`${PROJECT}/src`, directory.file("src"), { recursive: true });
  await cp(`${PROJECT}/package.json`, directory.file("package.json"));
  await symlink(`${PROJECT}/node_modules`, directory.file("node_modules"));
  const source = await readFile(directory.file(file), "utf8");
  expect(source.split(sane), "the line to be changed stands there once").toHaveLength(2);
  await writeFile(
    directory.file(file),
    source.replace(sane, () => leaky),
  );
  return directory.file("src/main.ts");
}
