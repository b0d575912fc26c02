import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { Secret } from "../../../src/runtime/secret.ts";
import { bootId, instant } from "../../../src/domain/clock.ts";
import type { Clock } from "../../../src/runtime/clock.ts";
import { HeardLog, ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";

const CARD = "6212340000000001";
const DAY_MS = 24 * 60 * 60 * 1000;
const SECRET = new Secret("a systemd credential");

/** A wall clock that the test sets; the ledger's minute passes when it says so. */
class Days {
  #now = Date.parse("2026-03-01T09:00:00.000Z");
  #minute: (() => void) | undefined;
  /** Of this boot. */
  uptimeDays = 1;
  synced = true;
  readonly clock: Clock = {
    now: () => instant(this.#now),
    monotonicMs: () => this.uptimeDays * DAY_MS,
    stamp: () => ({ bootId: bootId("boot"), monotonicMs: this.uptimeDays * DAY_MS, synced: this.synced }),
    sleep: async (_ms, signal) =>
      new Promise((resolve, reject) => {
        this.#minute = resolve;
        signal.addEventListener("abort", () => reject(new Error("aborted", { cause: signal.reason })), { once: true });
      }),
  };

  async pass(days: number): Promise<void> {
    this.#now += days * DAY_MS;
    const minute = await waitUntil("the ledger sleeps", () => this.#minute);
    this.#minute = undefined;
    minute();
    await waitUntil("the ledger has tidied and sleeps again", () => this.#minute !== undefined);
  }
}

function tokensIn(path: string): readonly { readonly seq: number; readonly token: string }[] {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare<[], { seq: number; token: string }>("SELECT seq, token FROM card ORDER BY seq").all();
  } finally {
    db.close();
  }
}

it("keeps tokens by seq, for eight days at most", async () => {
  await using dir = await tempDir();
  const days = new Days();
  await using ledger = await ledgerIn(dir.path, { clock: days.clock });
  const token = ledger.tokenise(CARD);
  await ledger.append(sale(1, { cardToken: token }));
  await ledger.append(sale(2));
  await days.pass(5);
  await ledger.append(sale(3, { cardToken: token }));
  expect(tokensIn(dir.file("cards.db"))).toEqual([
    { seq: 1, token },
    { seq: 3, token },
  ]);
  await days.pass(3.1);
  expect(tokensIn(dir.file("cards.db"))).toEqual([{ seq: 3, token }]);
  // A clock that fell back by years must not keep what it dates into the future.
  await days.pass(-3_000);
  expect(tokensIn(dir.file("cards.db"))).toEqual([]);
});

it("deletes no token by a clock that was not set, until the boot itself has lasted longer than tokens live", async () => {
  await using dir = await tempDir();
  const days = new Days();
  await using ledger = await ledgerIn(dir.path, { clock: days.clock });
  await ledger.append(sale(1, { cardToken: ledger.tokenise(CARD) }));
  days.synced = false;
  await days.pass(-20_000);
  expect(tokensIn(dir.file("cards.db"))).toHaveLength(1);
  days.uptimeDays = 8;
  await days.pass(0);
  expect(tokensIn(dir.file("cards.db"))).toHaveLength(0);
});

it("turns the key every week, for good, and not before", async () => {
  await using dir = await tempDir();
  const days = new Days();
  const files: string[] = [];
  const tokens: string[] = [];
  await using ledger = await ledgerIn(dir.path, { clock: days.clock });
  for (const passed of [0, 6.9, 0.2, 6.9, 0.2]) {
    if (passed > 0) await days.pass(passed);
    files.push(await readFile(dir.file("cards.key"), "utf8"));
    tokens.push(ledger.tokenise(CARD));
  }
  const [first, sameWeek, second, sameSecond, third] = tokens;
  expect(sameWeek).toBe(first);
  expect(sameSecond).toBe(second);
  expect(new Set([first, second, third]).size).toBe(3);
  expect(new Set(files).size).toBe(3);
  expect((await readdir(dir.path)).filter((name) => name.startsWith("cards.key"))).toEqual(["cards.key"]);
  await ledger[Symbol.asyncDispose]();
  await using again = await ledgerIn(dir.path, { clock: days.clock });
  expect(again.tokenise(CARD)).toBe(third);
});

it("keeps the key to its own user, and sealed when there is a secret", async () => {
  await using dir = await tempDir();
  const open = await ledgerIn(dir.path);
  const token = open.tokenise(CARD);
  await open[Symbol.asyncDispose]();
  expect((await stat(dir.file("cards.key"))).mode & 0o777).toBe(0o600);
  expect(await readFile(dir.file("cards.key"), "utf8")).toContain('"key"');

  const sealed = await ledgerIn(dir.path, { cardKeySecret: SECRET });
  expect(sealed.tokenise(CARD)).toBe(token);
  await sealed[Symbol.asyncDispose]();
  expect(await readFile(dir.file("cards.key"), "utf8")).not.toContain('"key"');
  expect((await stat(dir.file("cards.key"))).mode & 0o777).toBe(0o600);

  await using again = await ledgerIn(dir.path, { cardKeySecret: SECRET });
  expect(again.tokenise(CARD)).toBe(token);
});

it.each([
  ["another secret", { cardKeySecret: new Secret("another") }],
  ["no secret", {}],
])("begins a new key, keeps the old file and goes on recording with %s", async (_what, options) => {
  await using dir = await tempDir();
  const before = await ledgerIn(dir.path, { cardKeySecret: SECRET });
  const token = before.tokenise(CARD);
  await before[Symbol.asyncDispose]();
  const file = await readFile(dir.file("cards.key"), "utf8");
  const log = new HeardLog();
  await using ledger = await ledgerIn(dir.path, { log, ...options });
  expect(ledger.tokenise(CARD)).not.toBe(token);
  expect(await ledger.append(sale(1, { cardToken: ledger.tokenise(CARD) }))).toBe(1);
  expect(log.events.map(({ event }) => event)).toEqual(["cards.keySetAside"]);
  expect(await readFile(dir.file("cards.key.aside-1"), "utf8")).toBe(file);
});

it.each(["cards.key", "cards.db"])("goes on recording when %s is garbage or gone", async (name) => {
  await using dir = await tempDir();
  const before = await ledgerIn(dir.path);
  await before.append(sale(1, { cardToken: before.tokenise(CARD) }));
  await before[Symbol.asyncDispose]();
  await writeFile(dir.file(name), "garbage ".repeat(2_000));
  const log = new HeardLog();
  await using ledger = await ledgerIn(dir.path, { log });
  await ledger.append(sale(2, { cardToken: ledger.tokenise(CARD) }));
  expect(log.events).toHaveLength(1);
  expect(log.events[0]?.fields).toMatchObject({ file: dir.file(name), to: dir.file(`${name}.aside-1`) });
  expect(tokensIn(dir.file("cards.db")).map(({ seq }) => seq)).toContain(2);
});

it("forgets tokens of records that a restored ledger does not hold", async () => {
  await using dir = await tempDir();
  const ledger = await ledgerIn(dir.path);
  const token = ledger.tokenise(CARD);
  await ledger.append(sale(1, { cardToken: token }));
  await ledger.append(sale(2, { cardToken: token }));
  await ledger[Symbol.asyncDispose]();
  const db = new Database(dir.file("ledger.db"));
  db.exec("DELETE FROM record WHERE seq = 2");
  db.close();
  await using restored = await ledgerIn(dir.path);
  await restored.append(sale(2));
  expect(tokensIn(dir.file("cards.db"))).toEqual([{ seq: 1, token }]);
});
