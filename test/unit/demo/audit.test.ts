import { describe, expect, test } from "vitest";
import { type Audit, audit, type AuditInput, type HostEntry, type TerminalEntry } from "../../../src/cli/demo/audit.ts";
import { minorUnits } from "../../../src/domain/money.ts";
import { acquirerId, terminalId } from "../../../src/domain/terminal.ts";
import {
  type Outcome,
  type Transaction,
  type TransactionEvent,
  transactionId,
  type TransactionRecord,
} from "../../../src/domain/transaction.ts";

const KEY = { de41: "TG000001", batch: "000001", stan: "000007" };

function atHost(state: HostEntry["state"], different: Partial<HostEntry> = {}): HostEntry {
  return { ...KEY, kind: "sale", amount: 12_345, state, ...different };
}

function atTerminal(result: TerminalEntry["result"], different: Partial<TerminalEntry> = {}): TerminalEntry {
  return { ...KEY, result, ...different };
}

function atHq(event: TransactionEvent, outcome: Outcome, different: Partial<Transaction> = {}): TransactionRecord {
  return {
    event,
    transaction: {
      ...KEY,
      id: transactionId("sale-7"),
      terminal: terminalId("till-1"),
      acquirer: acquirerId("unionpay"),
      kind: "sale",
      outcome,
      amount: minorUnits(12_345),
      requestedAt: "2026-01-31T10:00:00.000Z",
      ...different,
    },
  };
}

function of(input: Partial<AuditInput>): Audit {
  return audit({ host: [], terminals: [], repeated: [], hq: [], ...input });
}

const REQUESTED = atHq("requested", "inDoubt");

describe("lost", () => {
  test.each<[string, Partial<AuditInput>]>([
    ["what the host approved", { host: [atHost("approved")] }],
    ["what the host declined", { host: [atHost("declined")] }],
    ["what the host reversed", { host: [atHost("reversed")] }],
    ["what a terminal shows as approved", { terminals: [atTerminal("approved")] }],
    ["what a terminal shows as declined", { terminals: [atTerminal("declined")] }],
    [
      "what HQ holds of another batch only",
      { host: [atHost("approved")], hq: [atHq("requested", "inDoubt", { batch: "000002" })] },
    ],
    [
      "what HQ holds of another terminal only",
      { host: [atHost("approved")], hq: [atHq("requested", "inDoubt", { de41: "TG000002" })] },
    ],
    [
      "what HQ holds of another trace number only",
      { host: [atHost("approved")], hq: [atHq("requested", "inDoubt", { stan: "000008" })] },
    ],
  ])("is %s, and HQ does not know", (_, input) => {
    expect(of(input).lost).toEqual(["TG000001 000001 000007"]);
  });

  test.each<[string, Partial<AuditInput>]>([
    ["what HQ knows, even if in doubt", { host: [atHost("approved")], hq: [REQUESTED] }],
    ["what never left the terminal", { terminals: [atTerminal("notSent")] }],
    ["what nobody but the terminal knows of, and it has no answer", { terminals: [atTerminal("pending")] }],
    ["what HQ knows and nobody else", { hq: [REQUESTED] }],
  ])("is not %s", (_, input) => {
    expect(of(input).lost).toEqual([]);
  });
});

describe("duplicated", () => {
  test("is one request that HQ holds under two ids", () => {
    const twice = [REQUESTED, atHq("requested", "inDoubt", { id: transactionId("sale-8") })];
    expect(of({ hq: twice }).duplicated).toEqual(["TG000001 000001 000007"]);
  });

  test("is not the history of one transaction", () => {
    expect(of({ hq: [REQUESTED, atHq("answered", "approved")] }).duplicated).toEqual([]);
  });

  test("is not the same trace number in another batch", () => {
    const next = atHq("requested", "inDoubt", { id: transactionId("sale-8"), batch: "000002" });
    expect(of({ hq: [REQUESTED, next] }).duplicated).toEqual([]);
  });

  test("is a request that the host got twice", () => {
    expect(of({ repeated: [{ mti: "0200", ...KEY }] }).duplicated).toEqual([
      "0200 TG000001 000007 reached the host twice",
    ]);
  });
});

describe("wrong", () => {
  const FITTING: Readonly<Record<HostEntry["state"], readonly Outcome[]>> = {
    approved: ["approved", "approvedPartly", "inDoubt", "reversing", "reversalAbandoned"],
    declined: ["declined", "failed", "inDoubt", "reversing", "reversed", "reversalAbandoned"],
    reversed: ["reversed", "reversing", "reversalAbandoned"],
  };
  const CERTAIN: readonly Outcome[] = ["approved", "declined", "failed", "refused", "reversed"];

  for (const state of ["approved", "declined", "reversed"] as const) {
    test.each(FITTING[state])(`is not HQ's %s where the host says ${state}`, (outcome) => {
      expect(of({ host: [atHost(state)], hq: [atHq("answered", outcome)] }).wrong).toEqual([]);
    });

    test.each(CERTAIN.filter((outcome) => !FITTING[state].includes(outcome)))(
      `is HQ's %s where the host says ${state}`,
      (outcome) => {
        const { wrong } = of({ host: [atHost(state)], hq: [atHq("answered", outcome)] });
        expect(wrong).toEqual([`TG000001 000001 000007: the host says ${state}, HQ says ${outcome}`]);
      },
    );
  }

  test("is another amount", () => {
    const hq = [atHq("answered", "approved", { amount: minorUnits(12_346) })];
    expect(of({ host: [atHost("approved")], hq }).wrong).toHaveLength(1);
  });

  test("is judged by HQ's last word, not by what it said on the way", () => {
    const hq = [
      REQUESTED,
      atHq("answered", "approved"),
      atHq("reversalRequested", "reversing"),
      atHq("reversalAnswered", "reversed"),
    ];
    expect(of({ host: [atHost("reversed")], hq }).wrong).toEqual([]);
    expect(of({ host: [atHost("approved")], hq }).wrong).toHaveLength(1);
  });

  test.each<Outcome>(["approved", "approvedPartly", "declined", "failed"])("is to call silence %s", (outcome) => {
    expect(of({ hq: [atHq("unanswered", outcome)] }).wrong).toEqual([`sale-7: unanswered, yet called ${outcome}`]);
  });

  test.each<Outcome>(["inDoubt", "reversing", "reversed"])("is not to call silence %s", (outcome) => {
    expect(of({ hq: [atHq("unanswered", outcome)] }).wrong).toEqual([]);
  });

  test("is to take a late answer for the end of a doubt, even when something better came later", () => {
    const late = atHq("answeredLate", "approved", { reason: "answerNotDelivered" });
    expect(of({ hq: [late, atHq("reversalAnswered", "reversed")] }).wrong).toHaveLength(1);
  });

  test("is not a late answer that leaves the doubt", () => {
    expect(of({ hq: [atHq("answeredLate", "inDoubt", { reason: "answerNotDelivered" })] }).wrong).toEqual([]);
  });

  test.each(["pending", "reversed", "reversalGivenUp"] as const)(
    "is a terminal without an answer (%s) whose doubt HQ never heard of, where the host had the request",
    (result) => {
      const input = { terminals: [atTerminal(result)], host: [atHost("approved")] };
      const silent = of({ ...input, hq: [REQUESTED] });
      expect(silent.wrong).toEqual([
        "TG000001 000001 000007: the terminal had no answer, and HQ never heard of a doubt",
      ]);
      expect(of({ ...input, hq: [REQUESTED, atHq("unanswered", "inDoubt")] }).wrong).toEqual([]);
      expect(of({ ...input, hq: [REQUESTED, atHq("reversalRequested", "reversing")] }).wrong).toEqual([]);
      expect(of({ ...input, host: [], hq: [REQUESTED] }).wrong, "the host never had it").toEqual([]);
    },
  );

  test("is not a balance enquiry that has failed, whatever the host did: it moves no money", () => {
    const host = [atHost("approved", { kind: "balance", amount: 0 })];
    const hq = [atHq("unanswered", "failed", { kind: "balance", amount: minorUnits(0) })];
    expect(of({ host, hq, terminals: [atTerminal("pending")] }).wrong).toEqual([]);
  });

  test("is a sale that the gateway takes for a balance enquiry", () => {
    const hq = [atHq("unanswered", "failed", { kind: "balance" })];
    expect(of({ host: [atHost("approved")], hq }).wrong).toHaveLength(1);
  });
});

describe("doubts", () => {
  test("are those that were in doubt at some time, each as it ended", () => {
    const ended = atHq("reversalAnswered", "reversed");
    const { doubts } = of({ hq: [REQUESTED, atHq("unanswered", "inDoubt"), ended] });
    expect(doubts).toEqual([ended.transaction]);
  });

  test.each<TransactionEvent>(["answeredLate", "reversalRequested"])("come with %s", (event) => {
    expect(of({ hq: [atHq(event, "inDoubt")] }).doubts).toHaveLength(1);
  });

  test("are not those that were answered at once, nor those that wait for their answer", () => {
    expect(of({ hq: [REQUESTED, atHq("answered", "approved")] }).doubts).toEqual([]);
    expect(of({ hq: [REQUESTED] }).doubts).toEqual([]);
  });

  test("do not count as transactions of their own", () => {
    expect(of({ hq: [REQUESTED, atHq("unanswered", "inDoubt")] }).transactions).toBe(1);
  });
});
