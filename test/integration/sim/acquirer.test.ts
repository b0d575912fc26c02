import { spawn } from "node:child_process";
import { connect } from "node:net";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { startAcquirer } from "../../../src/sim/acquirer/acquirer.ts";
import { readBookFile } from "../../../src/sim/acquirer/book-file.ts";
import { REFERENCE_FRAMES } from "../../support/reference-frames.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { approved, asLines, counter, inBooks, shownEntry, terminalAt } from "./counter.ts";

describe("the host's books", () => {
  test("survive the host: a second life voids what the first one booked", async () => {
    await using directory = await tempDir();
    const booksFile = directory.file("books.jsonl");
    const first = await startAcquirer({ booksFile });
    const terminal = terminalAt(first.port);
    await terminal.signIn();
    const sale = approved(await terminal.sale(1_000));
    const voided = approved(await terminal.sale(2_000));
    approved(await terminal.void(voided));
    await first[Symbol.asyncDispose]();

    await using second = await startAcquirer({ booksFile, ports: [first.port] });
    expect(asLines(second.books())).toEqual(asLines(terminal.journal()));
    expect(await terminal.void(voided), "it was voided in the first life").toMatchObject({ code: "22" });
    approved(await terminal.void(sale));
    expect(asLines(readBookFile(booksFile))).toEqual(asLines(second.books()));
  });

  test("survive kill -9 in the middle of business: whatever a terminal was told is in them", async () => {
    await using directory = await tempDir();
    const booksFile = directory.file("books.jsonl");
    const args = ["src/sim/main.ts", "acquirer", "--port", "0", "--books", booksFile, "--quiet"];
    const host = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    host.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
    });
    onTestFinished(() => {
      host.kill("SIGKILL");
    });
    const listening = await waitUntil("the host listens", () => /127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
    const terminal = terminalAt(Number(listening), { lineUse: "long", receiveMs: 10_000 });
    await terminal.signIn();
    for (let n = 1; n <= 20; n++) approved(await terminal.sale(n * 100));
    const dying = terminal.sale(5_000);
    host.kill("SIGKILL");
    await once(host, "exit");
    await dying;
    const told = terminal.journal().filter(({ result }) => result === "approved");
    expect(asLines(readBookFile(booksFile))).toEqual(expect.arrayContaining([...asLines(told)]));
  });

  test("never hold a whole card number", async () => {
    await using directory = await tempDir();
    const booksFile = directory.file("books.jsonl");
    await using shop = await counter({ booksFile });
    approved(await shop.terminal.sale(1_000));
    const [{ value: pan } = { value: "" }] = shop.terminal.secrets().filter(({ name }) => name === "card number");
    expect(pan).toMatch(/^\d{15,19}$/);
    expect(JSON.stringify([shop.acquirer.books(), readBookFile(booksFile)])).not.toContain(pan);
  });

  test("name the connection and the endpoint that each request came on", async () => {
    await using acquirer = await startAcquirer({ ports: [0, 0] });
    const [first = 0, second = 0] = acquirer.ports;
    const one = terminalAt(first, { de41: "TG000001" });
    const two = terminalAt(second, { de41: "TG000002" });
    await one.signIn();
    await two.signIn();
    expect(acquirer.arrivals().map(({ de41, endpoint, connection }) => ({ de41, endpoint, connection }))).toEqual([
      { de41: "TG000001", endpoint: first, connection: 1 },
      { de41: "TG000002", endpoint: second, connection: 2 },
    ]);
  });

  test("flag a request that comes a second time, and answer it with 94", async () => {
    await using shop = await counter();
    const { terminal, acquirer } = shop;
    const sale = approved(await terminal.sale(1_000));
    const resent = terminalAt(acquirer.port);
    resent.memory.isSignedIn = true;
    resent.memory.takeStan();
    expect(await resent.sale(1_000)).toMatchObject({ shown: "declined", code: "94" });
    expect(acquirer.totals()).toMatchObject({ repeatedRequests: 1, transactions: 1, approvedAmount: 1_000 });
    expect(inBooks(acquirer, sale)).toMatchObject({ state: "approved" });
  });
});

describe("the host's plan", () => {
  test("is followed step by step, each for the request that it is meant for", async () => {
    await using shop = await counter();
    const { terminal, acquirer } = shop;
    acquirer.next({ on: "refund", code: "61" });
    acquirer.next({ code: "51", times: 2 });
    acquirer.next({ de41: "TG000099", code: "05" });
    expect(await terminal.sale(1_000)).toMatchObject({ code: "51" });
    expect(await terminal.balance()).toMatchObject({ code: "51" });
    const sale = approved(await terminal.sale(1_000));
    expect(await terminal.refund(sale)).toMatchObject({ code: "61" });
    const cancelled = acquirer.next({ code: "05" });
    cancelled.cancel();
    approved(await terminal.sale(1_000));
  });

  test("may be said by the amount", async () => {
    await using shop = await counter({ habits: { amountCoded: true } }, { lineUse: "long" });
    const { terminal } = shop;
    expect(await terminal.sale(770_051)).toMatchObject({ shown: "declined", code: "51" });
    expect(await terminal.sale(770_300)).toMatchObject({ shown: "noAnswer", reason: "timeout" });
    expect(await terminal.sale(770_600)).toMatchObject({ shown: "noAnswer", reason: "closed" });
    expect(await terminal.sale(770_900)).toMatchObject({ shown: "badAnswer", reason: "A0" });
    approved(await terminal.sale(770_100));
  });

  test("declines by rate and weight when nothing else was said", async () => {
    await using shop = await counter({ habits: { declineRate: 0.5, declines: [["61", 1]] } }, { lineUse: "long" });
    for (let n = 0; n < 100; n++) await shop.terminal.sale(1_000);
    const { approved: yes, declined: no } = shop.acquirer.totals();
    expect(yes + no).toBe(100);
    expect(no).toBeGreaterThan(25);
    expect(no).toBeLessThan(75);
    expect(new Set(shop.acquirer.books().map(({ code }) => code))).toEqual(new Set(["00", "61"]));
  });

  test("answers after a delay without holding up other terminals", async () => {
    await using acquirer = await startAcquirer();
    const slow = terminalAt(acquirer.port, { de41: "TG000001", receiveMs: 30_000 });
    const quick = terminalAt(acquirer.port, { de41: "TG000002" });
    await slow.signIn();
    await quick.signIn();
    const held = acquirer.next({ de41: "TG000001", held: true });
    const waiting = slow.sale(1_000);
    await held.arrived;
    approved(await quick.sale(2_000));
    held.release();
    approved(await waiting);
  });
});

describe("the host's line", () => {
  test("answers a peer that has stopped writing, then closes", async () => {
    await using shop = await counter();
    const caller = connect({ port: shop.acquirer.port, host: "127.0.0.1", allowHalfOpen: true });
    let answer = "";
    caller.setEncoding("hex").on("data", (chunk: string) => {
      answer += chunk;
    });
    caller.end(REFERENCE_FRAMES.signIn);
    await once(caller, "end");
    expect(answer.slice(26, 30)).toBe("0810");
  });

  test("closes on a length that no terminal sends, counts what it cannot read, and serves others on", async () => {
    await using shop = await counter();
    const { acquirer, terminal } = shop;
    const wild = connect(acquirer.port, "127.0.0.1");
    wild.on("error", () => undefined);
    wild.resume();
    wild.write(Buffer.from("ffff00", "hex"));
    await once(wild, "close");
    const unreadable = connect(acquirer.port, "127.0.0.1");
    unreadable.write(Buffer.from("00050102030405", "hex"));
    await waitUntil("both are counted", () => acquirer.counters().undecodable === 2);
    unreadable.destroy();
    approved(await terminal.sale(1_000));
  });

  test("gives its port back although terminals are connected and answers are owed", async () => {
    const acquirer = await startAcquirer();
    const terminal = terminalAt(acquirer.port, { receiveMs: 30_000 });
    await terminal.signIn();
    const held = acquirer.next({ held: true });
    const selling = terminal.sale(1_000);
    await held.arrived;
    await acquirer[Symbol.asyncDispose]();
    expect(shownEntry(await selling).result).toBe("pending");
    await using next = await startAcquirer({ ports: [acquirer.port] });
    expect(next.port).toBe(acquirer.port);
  });
});
