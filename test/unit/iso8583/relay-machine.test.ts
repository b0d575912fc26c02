import { describe, expect, it } from "vitest";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import type { RecordDraft } from "../../../src/domain/record.ts";
import { acquirerId, terminalId } from "../../../src/domain/terminal.ts";
import { type Transaction, transactionId } from "../../../src/domain/transaction.ts";
import type { Observation } from "../../../src/drivers/iso8583/codec/observation.ts";
import type { Asked } from "../../../src/drivers/iso8583/machine/outstanding.ts";
import { RelayMachine } from "../../../src/drivers/iso8583/machine/relay-machine.ts";
import { settlementsOf, terminalRecordsOf, transactionsOf } from "../../support/drafts.ts";

const T1 = terminalId("T1");
const AT = "2026-11-22T10:00:00.000Z";

function message(mti: string, over: Partial<Observation> = {}): Observation {
  return {
    mti,
    stan: "000002",
    de41: "12345678",
    batch: "000001",
    messageType: "22",
    amount: minorUnits(12_345),
    processingCode: "000000",
    conditionCode: "00",
    cardPresent: true,
    pinPresent: true,
    macPresent: true,
    fields: [],
    ...over,
  };
}

/** A shop's relay with one terminal, driven message by message. */
function shop(resendCount = 3) {
  const machine = new RelayMachine({
    acquirer: acquirerId("unionpay"),
    defaultCurrency: currency("CNY"),
    resendCount,
    settlementKinds: { debit: ["sale", "completion"], credit: ["saleVoid", "refund"] },
  });
  let ids = 0;
  let clock = 1_000;
  const ledger: RecordDraft[] = [];
  const keep = (drafts: readonly RecordDraft[]): readonly RecordDraft[] => {
    ledger.push(...drafts);
    return drafts;
  };
  return {
    machine,
    ledger,
    ask: (observation: Observation, connection = 1, isSent = true): Asked | undefined => {
      ids += 1;
      clock += 10;
      const id = transactionId(`t${ids}`);
      const step = machine.request({ connection, terminal: T1, observation, id, at: AT, monotonicMs: clock });
      keep(step.drafts);
      if (step.asked !== undefined && isSent) machine.sent(step.asked, "host:1", false);
      return step.asked;
    },
    hear: (observation: Observation, over: { connection?: number; delivered?: boolean } = {}) => {
      clock += 200;
      const { connection = 1, delivered = true } = over;
      return keep(machine.answer({ connection, terminal: T1, observation, delivered, at: AT, monotonicMs: clock }));
    },
    close: (connection = 1, reason = "terminalClosed") => keep(machine.closed(connection, AT, reason)),
    newest: (): Transaction | undefined => machine.newest(T1),
  };
}

const approval = (over: Partial<Observation> = {}) =>
  message("0210", { responseCode: "00", rrn: "015300000002", ...over });

const reversal = (over: Partial<Observation> = {}) => message("0400", { responseCode: "98", ...over });
const reversed = (responseCode = "00") => message("0410", { responseCode });
const totals = (debitAmount: number, debitCount: number) => ({
  domestic: { debitAmount: minorUnits(debitAmount), debitCount, creditAmount: minorUnits(0), creditCount: 0 },
  foreign: { debitAmount: minorUnits(0), debitCount: 0, creditAmount: minorUnits(0), creditCount: 0 },
});

describe("a sale", () => {
  it("in a currency that our table does not know keeps its number, and is not taken for the shop's currency", () => {
    const { ask, hear, newest, ledger } = shop();
    ask(message("0200", { currencyNumber: "360" }));
    expect(newest()).toMatchObject({ amount: 12_345, currencyNumber: "360" });
    hear(approval());
    expect(newest()).toMatchObject({ outcome: "approved", currencyNumber: "360" });
    expect(newest()).not.toHaveProperty("currency");
    ask(message("0500", { messageType: "00", currencyNumber: "360", totals: totals(12_345, 1) }));
    expect(settlementsOf(ledger)).toMatchObject([{ event: "requested", currencyNumber: "360" }]);
    expect(settlementsOf(ledger)[0]).not.toHaveProperty("currency");
  });

  it("is in the ledger, in doubt, before its request goes on", () => {
    const { machine } = shop();
    const step = machine.request({
      connection: 1,
      terminal: T1,
      observation: message("0200"),
      id: transactionId("t1"),
      at: AT,
      monotonicMs: 1,
    });
    expect(step.writeAhead).toBe(true);
    expect(transactionsOf(step.drafts)).toMatchObject([
      {
        event: "requested",
        transaction: { id: "t1", kind: "sale", outcome: "inDoubt", amount: 12_345, currency: "CNY" },
      },
    ]);
  });

  it("is approved by an answer that was written to the connection that asked", () => {
    const { ask, hear, newest } = shop();
    ask(message("0200"));
    expect(transactionsOf(hear(approval()))).toMatchObject([{ event: "answered" }]);
    expect(newest()).toMatchObject({ outcome: "approved", rrn: "015300000002", hostMs: 200, endpoint: "host:1" });
  });

  it.each([
    ["51", "declined"],
    ["03", "declined"],
    ["91", "failed"],
    ["98", "failed"],
    ["ZZ", "declined"],
    ["10", "approvedPartly"],
    ["A2", "approved"],
  ])("answered with %s is %s", (responseCode, outcome) => {
    const { ask, hear, newest } = shop();
    ask(message("0200"));
    hear(approval({ responseCode, amount: minorUnits(100) }));
    expect(newest()?.outcome).toBe(outcome);
    expect(newest()?.approvedAmount).toBe(responseCode === "10" ? 100 : undefined);
    expect(newest()?.approvalFlag).toBe(responseCode === "A2" ? "A2" : undefined);
  });

  it("stays in doubt when the approval could not be given to the terminal, and says that the host approved", () => {
    const { ask, hear, newest } = shop();
    ask(message("0200"));
    hear(approval(), { delivered: false });
    expect(newest()).toMatchObject({ outcome: "inDoubt", hostApproved: true, reason: "answerNotDelivered" });
  });

  it("stays in doubt when the approval arrives on another connection", () => {
    const { ask, hear, newest } = shop();
    ask(message("0200"), 1);
    hear(approval(), { connection: 2 });
    expect(newest()).toMatchObject({ outcome: "inDoubt", hostApproved: true });
  });

  it("stays in doubt when its connection ends without an answer, and a late approval is kept", () => {
    const { ask, close, hear, newest } = shop();
    ask(message("0200"));
    expect(transactionsOf(close())).toMatchObject([{ event: "unanswered", transaction: { outcome: "inDoubt" } }]);
    hear(approval());
    expect(newest()).toMatchObject({ outcome: "inDoubt", hostApproved: true, responseCode: "00" });
  });

  it("has failed, without doubt, when not one byte of it reached the acquirer", () => {
    const { ask, close, newest } = shop();
    ask(message("0200"), 1, false);
    close(1, "acquirerUnreachable");
    expect(newest()).toMatchObject({ outcome: "failed", reason: "acquirerUnreachable" });
    expect(newest()?.endpoint).toBeUndefined();
  });

  it("is not answered by an answer for another terminal, another trace number or another message type", () => {
    const { ask, hear, newest } = shop();
    ask(message("0200"));
    hear(approval({ de41: "99999999" }));
    hear(approval({ stan: "000003" }));
    hear(message("0110", { responseCode: "00" }));
    expect(newest()?.outcome).toBe("inDoubt");
  });

  it("records a second answer once, and changes nothing", () => {
    const { ask, hear, newest } = shop();
    ask(message("0200"));
    hear(approval());
    expect(transactionsOf(hear(approval()))).toMatchObject([
      { event: "answeredAgain", transaction: { outcome: "approved" } },
    ]);
    expect(hear(approval())).toEqual([]);
    expect(newest()?.outcome).toBe("approved");
  });

  it("stays in doubt when the answer's code could not be read", () => {
    const { ask, hear, newest } = shop();
    ask(message("0200"));
    hear(message("0210", { error: { de: 39, offset: 60, reason: "truncated" } }));
    expect(newest()).toMatchObject({ outcome: "inDoubt", reason: "answerUnreadable" });
  });
});

describe("a reversal", () => {
  it("is tied to its original and ends doubt when the host acknowledges it", () => {
    const { ask, close, hear, newest } = shop();
    ask(message("0200"));
    close();
    ask(reversal(), 2);
    expect(newest()).toMatchObject({ id: "t1", outcome: "reversing", reversal: { attempts: 1, reason: "98" } });
    hear(reversed(), { connection: 2 });
    expect(newest()).toMatchObject({ id: "t1", outcome: "reversed", reversal: { responseCode: "00" } });
  });

  it("stays open when the host refuses it", () => {
    const { ask, hear, newest } = shop();
    ask(message("0200"));
    ask(reversal());
    hear(reversed("96"));
    expect(newest()).toMatchObject({ outcome: "reversing", reversal: { responseCode: "96" } });
  });

  it("is abandoned when the terminal starts a new sale without having got its answer", () => {
    const { ask, close, ledger } = shop();
    ask(message("0200"));
    close();
    ask(reversal(), 2);
    close(2);
    ask(message("0200", { stan: "000003" }), 3);
    const abandoned = transactionsOf(ledger).filter(({ event }) => event === "reversalAbandoned");
    expect(abandoned).toMatchObject([{ transaction: { id: "t1", outcome: "reversalAbandoned" } }]);
  });

  it("is abandoned after the last attempt that terminals make", () => {
    const { ask, close, newest } = shop(1);
    ask(message("0200"));
    close();
    for (const connection of [2, 3]) {
      expect(newest()?.outcome).not.toBe("reversalAbandoned");
      ask(reversal(), connection);
      close(connection);
    }
    expect(newest()).toMatchObject({ outcome: "reversalAbandoned", reason: "attemptsExhausted" });
  });

  it("that is acknowledged late takes an abandonment back", () => {
    const { ask, close, hear, newest } = shop(0);
    ask(message("0200"));
    close();
    ask(reversal(), 2);
    close(2);
    expect(newest()?.outcome).toBe("reversalAbandoned");
    hear(reversed(), { connection: 2 });
    expect(newest()?.outcome).toBe("reversed");
  });

  it("of a sale that nobody saw is kept all the same", () => {
    const { ask, hear, newest } = shop();
    ask(reversal());
    expect(newest()).toMatchObject({ outcome: "reversing", reason: "originalUnknown", amount: 12_345 });
    hear(reversed());
    expect(newest()?.outcome).toBe("reversed");
  });

  it("does not take another sale with the same trace number after the number has wrapped", () => {
    const { ask, hear, ledger } = shop();
    ask(message("0200", { batch: "000001" }));
    hear(approval());
    ask(reversal({ batch: "000002" }));
    expect(transactionsOf(ledger).at(-1)).toMatchObject({ transaction: { id: "t2", reason: "originalUnknown" } });
  });

  it("followed by a late approval is an alarm, and the sale stays reversed", () => {
    const { ask, close, hear, newest } = shop();
    ask(message("0200"));
    close();
    ask(reversal(), 2);
    hear(reversed(), { connection: 2 });
    const drafts = hear(approval());
    expect(newest()).toMatchObject({ outcome: "reversed", hostApproved: true });
    const alarms = terminalRecordsOf(drafts).map(({ event }) => event);
    expect(alarms).toEqual(["lateApprovalAfterReversal"]);
  });
});

describe("advices and refunds", () => {
  it("repeated until answered are one transaction", () => {
    const { ask, close, hear, ledger } = shop();
    const refund = (mti: string) => message(mti, { messageType: "25", processingCode: "200000" });
    ask(refund("0220"));
    close();
    ask(refund("0220"), 2);
    hear(message("0230", { responseCode: "00", messageType: "25" }), { connection: 2 });
    expect(new Set(transactionsOf(ledger).map(({ transaction }) => transaction.id))).toEqual(new Set(["t1"]));
    expect(transactionsOf(ledger).at(-1)).toMatchObject({ transaction: { kind: "refund", outcome: "approved" } });
  });

  it("answered for good keep their answer when the one to an earlier sending comes late", () => {
    const { ask, hear, close, newest, ledger } = shop();
    const advice = message("0220", { messageType: "24", conditionCode: "06" });
    const answer = (responseCode: string) => message("0230", { responseCode });
    ask(advice, 1);
    close(1);
    ask(advice, 2);
    hear(answer("00"), { connection: 2 });
    const settled = newest();
    expect(settled).toMatchObject({ outcome: "approved", responseCode: "00" });

    // The host takes what came second for a repetition, and its first answer was the slow one.
    hear(answer("94"), { connection: 1, delivered: false });

    expect(transactionsOf(ledger).at(-1)).toEqual({ event: "answeredAgain", transaction: settled });
    expect(newest()).toEqual(settled);
  });

  it("sent twice and answered once on a connection are not in doubt when that ends", () => {
    const { ask, hear, close, newest } = shop();
    const advice = message("0220", { messageType: "24", conditionCode: "06" });
    ask(advice);
    ask(advice);
    hear(message("0230", { responseCode: "00" }));
    const settled = newest();
    expect(close()).toEqual([]);
    expect(newest()).toEqual(settled);
  });
});

const settle = (debitAmount: number, debitCount: number) =>
  message("0500", { stan: "000009", messageType: "00", networkCode: "201", totals: totals(debitAmount, debitCount) });

describe("settlement", () => {
  it("compares the terminal's totals with the ledger's: approved counts, declined and reversed do not", () => {
    const { ask, hear, ledger } = shop();
    ask(message("0200"));
    hear(approval());
    ask(message("0200", { stan: "000003" }));
    hear(approval({ stan: "000003", responseCode: "51" }));
    ask(message("0200", { stan: "000004" }));
    hear(approval({ stan: "000004" }));
    ask(message("0400", { stan: "000004", responseCode: "96" }));
    hear(message("0410", { stan: "000004", responseCode: "00" }));
    ask(settle(12_345, 1));
    expect(settlementsOf(ledger).at(-1)).toMatchObject({
      ledgerAgrees: true,
      ledgerTotals: { debitAmount: 12_345, debitCount: 1 },
    });
    ask(settle(12_346, 1));
    expect(settlementsOf(ledger).at(-1)).toMatchObject({ ledgerAgrees: false });
  });

  it("keeps the host's verdict", () => {
    const { ask, hear, ledger } = shop();
    ask(settle(0, 0));
    const verdict = { domestic: "notBalanced", foreign: "balanced" } as const;
    hear(message("0510", { stan: "000009", responseCode: "00", verdict }));
    expect(settlementsOf(ledger).at(-1)).toMatchObject({ event: "answered", hostVerdict: verdict });
  });

  it("detail that the host took ends the doubt about a sale that it lists", () => {
    const { ask, close, hear, newest } = shop();
    ask(message("0200"));
    close();
    const details = [{ stan: "000002", amount: minorUnits(12_345) }];
    ask(message("0320", { stan: "000010", messageType: "00", networkCode: "201", details }), 2);
    hear(message("0330", { stan: "000010", responseCode: "00" }), { connection: 2 });
    expect(newest()).toMatchObject({ id: "t1", outcome: "approved" });
  });

  it("totals alone end no doubt", () => {
    const { ask, close, hear, newest } = shop();
    ask(message("0200"));
    close();
    ask(settle(12_345, 1), 2);
    hear(message("0510", { stan: "000009", responseCode: "00" }), { connection: 2 });
    expect(newest()?.outcome).toBe("inDoubt");
  });
});

describe("a restart", () => {
  it("remembers through the ledger: the same records in give the same memory", () => {
    const first = shop();
    first.ask(message("0200"));
    first.close();
    first.ask(message("0400", { responseCode: "98" }), 2);
    const second = shop();
    for (const record of transactionsOf(first.ledger)) second.machine.restore(record);
    expect(second.newest()).toEqual(first.newest());
    second.hear(message("0410", { responseCode: "00" }), { connection: 9 });
    second.ask(message("0400", { responseCode: "98" }), 3);
    second.hear(message("0410", { responseCode: "00" }), { connection: 3 });
    expect(second.newest()).toMatchObject({ id: "t1", outcome: "reversed", reversal: { attempts: 2 } });
  });

  it("says of what was open that it was interrupted, once", () => {
    const first = shop();
    first.ask(message("0200"));
    const second = shop();
    for (const record of transactionsOf(first.ledger)) second.machine.restore(record);
    expect(transactionsOf(second.machine.recover())).toMatchObject([
      { event: "unanswered", transaction: { outcome: "inDoubt", reason: "interrupted" } },
    ]);
    expect(second.machine.recover()).toEqual([]);
  });

  it("from a snapshot equals one from the records, also when its tail is replayed over it", () => {
    const first = shop();
    first.ask(message("0200"));
    first.hear(approval());
    first.ask(message("0200", { stan: "000003" }));
    const snapshot = structuredClone(first.machine.snapshot());
    const second = shop();
    second.machine.restoreSnapshot(snapshot);
    for (const record of transactionsOf(first.ledger)) second.machine.restore(record);
    expect(second.machine.snapshot()).toEqual(snapshot);
  });
});

describe("a sign-in", () => {
  it.each([
    ["00", "signedIn"],
    ["97", "signInRefused"],
  ])("answered with %s is recorded as %s", (responseCode, event) => {
    const { ask, hear } = shop();
    ask(message("0800", { messageType: "00", networkCode: "003", operator: "01" }));
    const [draft] = hear(message("0810", { responseCode, messageType: "00", networkCode: "003" }));
    expect(draft).toMatchObject({ kind: "terminal", body: { event, responseCode, detail: { operator: "01" } } });
  });
});

describe("a terminal that is paused", () => {
  it("has its refused sale in the ledger, and nothing waits for an answer", () => {
    const { machine } = shop();
    const drafts = machine.refused(
      { connection: 1, terminal: T1, observation: message("0200"), id: transactionId("t1"), at: AT, monotonicMs: 1 },
      "stolen",
    );
    expect(transactionsOf(drafts)).toMatchObject([
      { event: "refused", transaction: { outcome: "refused", reason: "stolen" } },
    ]);
    expect(machine.waiting(1)).toBe(false);
  });
});
