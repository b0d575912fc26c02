import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exposureSchema } from "../../../src/contract/exposure.ts";
import { transactionsAnswer } from "../../../src/contract/http.ts";
import { main } from "../../../src/cli/program.ts";
import { instantOf, momentOf } from "../../../src/domain/clock.ts";
import { clockRecordOf } from "../../../src/domain/clock-record.ts";
import type { Envelope } from "../../../src/domain/record.ts";
import { BootTimes } from "../../../src/domain/redate.ts";
import { transactionRecordOf } from "../../../src/domain/transaction-history.ts";
import type { Terminal } from "../../../src/sim/terminal/terminal.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { FakeTime } from "../../support/fake-time.ts";
import { envelopes } from "../../support/hq-records.ts";
import { Shop } from "../../support/shop.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { approved } from "../sim/counter.ts";

const FIFTY_YEARS_S = 50 * 365 * 86_400;
/** ms between the moment at which a test looks at its own clock and the one at which the daemon does. */
const CLOSE_MS = 5_000;

let directory: TempDir;
let time: FakeTime;
let shop: Shop;
let till: Terminal;
/** Amount → when it was really sold. */
const soldAt = new Map<number, number>();

/** A machine without battery clock: it begins decades ago, and nobody has set its clock yet. */
beforeAll(async () => {
  directory = await tempDir("tillgate-time-");
  time = await FakeTime.in(directory.file("time"));
  await time.set(-FIFTY_YEARS_S);
  shop = await Shop.open({ terminals: 1, prefix: time.prefix });
  till = shop.terminal(1, { lineUse: "request" });
  expect(await till.signIn()).toEqual({ shown: "done" });
});

afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function sell(amount: number): Promise<void> {
  soldAt.set(amount, Date.now());
  approved(await till.sale(amount));
}

function atHq(): readonly Envelope[] {
  return envelopes(shop.hqDatabase);
}

function clockEvents(): readonly string[] {
  return atHq().flatMap((envelope) => clockRecordOf(envelope)?.event ?? []);
}

async function told(event: string, times = 1): Promise<void> {
  await waitUntil(
    `headquarters has heard ${times} times that the clock ${event}`,
    () => clockEvents().filter((heard) => heard === event).length >= times,
    { withinMs: 60_000 },
  );
}

/** Amount → its records, at headquarters. */
function recordsOf(amount: number): readonly Envelope[] {
  return atHq().filter((envelope) => transactionRecordOf(envelope)?.transaction.amount === amount);
}

describe("a machine whose clock is set while it sells", () => {
  it("sells under a clock that it does not believe, although somebody says that it is right", async () => {
    expect(await shop.metric("tillgate_clock_synchronised")).toBe(0);
    expect(await shop.get("/health")).toContain("a time that has passed long ago");
    await time.say("yes");
    await shop.stop();
    await shop.start();
    expect(await shop.metric("tillgate_clock_synchronised")).toBe(0);
    await time.say("no");
    await shop.stop();
    await shop.start();
    await sell(111);
  });

  it("records that the clock was set, and by how much", async () => {
    await time.set(0);
    await told("stepped");
    const [stepped] = atHq()
      .flatMap((envelope) => clockRecordOf(envelope) ?? [])
      .filter(({ event }) => event === "stepped");
    expect(Math.abs((stepped?.byMs ?? 0) - FIFTY_YEARS_S * 1_000)).toBeLessThan(CLOSE_MS);
    await sell(222);
  });

  it("counts ages by the clock that cannot be set, before anybody says that the other one is right", async () => {
    const exposure = await waitUntil("both sales are seen", async () => {
      const now = exposureSchema.parse(JSON.parse(await shop.get("/api/v1/exposure")));
      return now.unsettled.count === 2 ? now : undefined;
    });
    expect(exposure.clockSynced).toBe(false);
    expect(exposure.unsettled.oldestAgeS).toBeLessThan(600);
    expect(exposure.unsettled.oldestAgeIsAtLeast).toBeUndefined();
  });

  it("re-dates everything before, at headquarters, in the API and in the journal, when the clock is right", async () => {
    await time.say("yes");
    await shop.stop();
    await shop.start();
    await told("synchronised");
    expect(await shop.metric("tillgate_clock_synchronised")).toBe(1);
    await sell(333);
    await shop.delivered();

    const times = new BootTimes();
    for (const envelope of atHq()) {
      const moment = momentOf(envelope);
      const record = clockRecordOf(envelope);
      if (moment !== undefined && record !== undefined) times.take(moment, record);
    }
    for (const [amount, at] of soldAt) {
      const records = recordsOf(amount);
      expect(records.length).toBeGreaterThanOrEqual(2);
      for (const envelope of records) {
        const moment = momentOf(envelope);
        if (moment === undefined) throw new Error("an envelope does not say when it was written");
        const dated = times.dated(moment);
        expect(Math.abs(dated.at - at), `${amount} at ${envelope.at}`).toBeLessThan(CLOSE_MS);
        expect(dated.basis).toBe(amount === 333 ? "synchronised" : "redated");
      }
    }
    expect(recordsOf(111)[0]?.at.slice(0, 3)).toBe("197");

    const { transactions } = transactionsAnswer.parse(JSON.parse(await shop.get("/api/v1/transactions")));
    const wrong = transactions.filter(({ redatedAt }) => redatedAt !== undefined);
    expect(wrong.map(({ amount }) => amount)).toEqual([111]);
    expect(Math.abs((instantOf(wrong[0]?.redatedAt ?? "") ?? 0) - (soldAt.get(111) ?? 0))).toBeLessThan(CLOSE_MS);

    const output = new CapturedOutput();
    await main(["journal", "list", "--store", shop.store], output);
    expect(output.printed.filter((line) => line.includes(" ~ ")).map((line) => / 1\.11 CNY/.test(line))).toEqual([
      true,
    ]);
    expect(output.printed).toHaveLength(4);
  });

  it("does not believe a clock that lies more than a day before its newest record", async () => {
    await shop.stop();
    await time.set(-2 * 86_400);
    await shop.start();
    expect(await shop.metric("tillgate_clock_synchronised")).toBe(0);
    expect(await shop.get("/health")).toContain("a time that has passed long ago");
    await time.set(0);
    await told("stepped", 2);
    await waitUntil(
      "the clock is believed again",
      async () => (await shop.metric("tillgate_clock_synchronised")) === 1,
    );
  });
});
