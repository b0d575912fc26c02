import { describe, expect, it } from "vitest";
import { diagnosis } from "../../../src/diagnosis/diagnosis.ts";
import { bootId, type Instant, instant } from "../../../src/domain/clock.ts";
import type { DerivedDraft } from "../../../src/domain/derived.ts";
import { INCIDENT_KINDS, type IncidentRecord } from "../../../src/domain/incident.ts";
import { type RecordKind, seq } from "../../../src/domain/record.ts";
import type { RecordInput } from "../../../src/domain/reducer.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import type { Incident } from "../../../src/incidents/incident.ts";
import { incidentTitle } from "../../../src/incidents/incident-texts.ts";
import { incidents } from "../../../src/incidents/incidents.ts";
import { ledgerOf, readCases } from "../../support/diagnosis-case.ts";

/** A ledger with both reducers on it, as the daemon runs them: what they derive is written behind what made them say it. */
class Shop {
  readonly ledger: RecordInput[] = [];
  readonly said: unknown[] = [];
  #diagnosis = diagnosis.begin();
  #incidents = incidents.begin();

  /** Events as in `test/vectors/diagnosis`, one a line. */
  play(...events: readonly string[]): this {
    const text = `- name: play\n  cause: unknown\n  events:\n${events.map((one) => `    - { ${one} }\n`).join("")}`;
    for (const one of readCases(text))
      for (const record of ledgerOf(one, this.ledger.length).records) this.append(record);
    return this;
  }

  /** A person's word. */
  word(event: IncidentRecord["event"], n: number, more: Partial<IncidentRecord> = {}): this {
    return this.append(this.record("incident", { event, n, who: "Lee", ...more }, this.now));
  }

  get now(): Instant {
    return this.ledger.at(-1)?.moment.at ?? instant(0);
  }

  record(kind: RecordKind, body: unknown, at: Instant): RecordInput {
    const clock = { bootId: bootId("boot-1"), monotonicMs: at, synced: true };
    return { type: "record", seq: seq(this.ledger.length + 1), kind, moment: { at, clock }, body };
  }

  append(given: RecordInput): this {
    const record = { ...given, seq: seq(this.ledger.length + 1) };
    this.ledger.push(record);
    this.#diagnosis = diagnosis.step(this.#diagnosis, record);
    const found = diagnosis.derives?.(this.#diagnosis) ?? [];
    this.#incidents = incidents.step(this.#incidents, record);
    const told = incidents.derives?.(this.#incidents) ?? [];
    for (const [part, draft] of found.entries()) this.#derive("diagnosis", record, part, draft);
    for (const [part, draft] of told.entries()) this.#derive("incidents", record, part, draft);
    return this;
  }

  #derive(
    reducer: string,
    { seq: from, moment }: RecordInput,
    part: number,
    { kind, terminal, body }: DerivedDraft,
  ): void {
    this.said.push({ kind, ...body });
    const derived = { reducer, version: 1, seq: from, part };
    const record = this.record(kind, { ...body, derived }, moment.at);
    this.append(terminal === undefined ? record : { ...record, terminal: terminalId(terminal) });
  }

  get all(): readonly Incident[] {
    return [...this.#incidents.incidents.values()];
  }

  get packed(): string {
    return incidents.pack(this.#incidents);
  }

  events(): readonly string[] {
    return this.said
      .filter((one): one is IncidentRecord & { kind: "incident" } => isIncident(one))
      .map(({ event }) => event);
  }
}

function isIncident(one: unknown): boolean {
  return typeof one === "object" && one !== null && "kind" in one && "event" in one && "n" in one;
}

const at = (time: string, rest: string): string => `at: "${time}", ${rest}`;
const BLOCKED = [at("10:00:00", 'card: A1, answer: "03"'), at("10:01:00", 'card: B1, answer: "03"')];

describe("one cause", () => {
  it("is one incident, however many payments meet it", () => {
    const shop = new Shop().play(...BLOCKED, at("10:02:00", 'terminal: T2, card: C1, answer: "03"'));
    expect(shop.all).toMatchObject([
      {
        n: 1,
        kind: "merchantInvalid",
        situation: "S1",
        severity: "critical",
        state: "open",
        payments: 3,
        terminals: ["T1", "T2"],
      },
    ]);
    expect(shop.events()).toEqual(["opened", "joined"]);
  });

  it("is escalated when ten payments have met it, once", () => {
    const shop = new Shop().play(
      ...Array.from({ length: 14 }, (_, n) =>
        at(`10:${String(n).padStart(2, "0")}:00`, `card: A${(n % 9) + 1}, answer: "77"`),
      ),
    );
    expect(shop.all).toMatchObject([{ kind: "terminalUnsigned", severity: "critical", payments: 14 }]);
    expect(shop.events().filter((event) => event === "escalated")).toHaveLength(1);
  });

  it("closes by itself when an approval of the same kind comes back, and not for another kind", () => {
    const shop = new Shop().play(...BLOCKED);
    shop.play(at("10:05:00", 'kind: balance, card: C1, answer: "00"'));
    expect(shop.all).toMatchObject([{ state: "open" }]);
    shop.play(at("10:06:00", 'card: C1, answer: "00"'));
    expect(shop.all).toMatchObject([{ state: "closed", notes: [{ event: "closed", why: "approvedAgain" }] }]);
  });

  it("that comes back within a day opens the same incident again", () => {
    const shop = new Shop().play(
      ...BLOCKED,
      at("10:06:00", 'card: C1, answer: "00"'),
      at("11:06:00", 'card: D1, answer: "C1"'),
    );
    expect(shop.all).toMatchObject([{ n: 1, state: "open", reopened: 1 }]);
    expect(shop.events()).toEqual(["opened", "closed", "reopened"]);
  });

  it("of two terminals is two incidents", () => {
    const shop = new Shop().play(
      at("10:00:00", 'answer: "77"'),
      at("10:01:00", 'terminal: T2, card: B1, answer: "77"'),
    );
    expect(shop.all.map(({ n, place }) => [n, place])).toEqual([
      [1, { terminal: "T1" }],
      [2, { terminal: "T2" }],
    ]);
  });
});

describe("a payment that is looked at again", () => {
  it("counts once, also when its incident has forgotten its id", () => {
    const shop = new Shop().play(
      ...Array.from({ length: 60 }, (_, n) =>
        at(`10:${String(n).padStart(2, "0")}:00`, `card: A${(n % 9) + 1}, answer: "77"`),
      ),
    );
    const first = shop.ledger.find(({ kind }) => kind === "diagnosis");
    if (first === undefined) throw new Error("nothing was diagnosed");
    shop.append(first);
    expect(shop.all).toMatchObject([{ payments: 60 }]);
  });

  it("hurts nothing on a terminal with an odd name, under a clock that is set back by years", () => {
    const shop = new Shop().play(
      at("10:00:00", 'terminal: constructor, answer: "77"'),
      at("10:01:00", "terminal: toString, did: signInRefused, code: A7"),
    );
    shop.play(
      at("D-4000 10:00:00", 'terminal: toString, card: B1, answer: "03"'),
      at("D-4000 10:01:00", 'terminal: toString, card: C1, answer: "03"'),
    );
    expect(shop.all.map(({ kind }) => kind).toSorted()).toEqual(["merchantInvalid", "terminalUnsigned"]);
  });
});

describe("what is one customer's matter", () => {
  it("has no incident", () => {
    const shop = new Shop().play(at("10:00:00", 'answer: "51"'), at("10:02:00", 'card: B1, answer: "54"'));
    expect(shop.all).toEqual([]);
  });

  it("becomes one when there are five of them on one terminal in half an hour", () => {
    const shop = new Shop().play(
      ...["A1", "B1", "C1", "D1", "E1"].map((card, n) => at(`10:0${n}:00`, `card: ${card}, answer: "61"`)),
    );
    expect(shop.all).toMatchObject([{ kind: "tooFrequent", situation: "S3", payments: 5 }]);
  });
});

describe("the line", () => {
  const DOWN = [at("10:00:00", "line: provider.unreachable"), at("10:00:20", "silence: notSent")];

  it("is one incident of the shop, and closes when the ladder finds nothing wrong any more", () => {
    const shop = new Shop().play(...DOWN, at("10:01:00", "terminal: T2, card: B1, silence: notSent"));
    expect(shop.all).toMatchObject([{ kind: "lineDown", place: {}, payments: 2, state: "open" }]);
    shop.play(at("10:05:00", "line: well"));
    expect(shop.all).toMatchObject([{ state: "closed" }]);
  });

  it("takes over a payment that was first taken for something else", () => {
    const shop = new Shop().play(
      at("10:00:00", "silence: noAnswer, afterS: 20"),
      at("10:00:25", "terminal: T2, card: B1, silence: noAnswer, afterS: 5"),
    );
    expect(shop.all).toMatchObject([{ kind: "hostOutage", state: "open" }]);
    shop.play(at("10:00:40", "line: router.silent"));
    expect(shop.all).toMatchObject([
      { kind: "hostOutage", state: "closed", notes: [{ why: "anotherCause" }] },
      { kind: "lineDown", state: "open", payments: 2 },
    ]);
  });

  it("closes with the first approval where the ladder saw nothing, or was not there when it ended", () => {
    const unseen = new Shop().play(
      at("10:00:00", 'stan: "000101", silence: noAnswer, afterS: 30'),
      at("10:01:00", 'stan: "000101", answer: "94"'),
    );
    expect(unseen.all.find(({ kind }) => kind === "lineDown")?.state).toBe("open");
    unseen.play(at("10:05:00", 'card: B1, answer: "00"'));
    expect(unseen.all.find(({ kind }) => kind === "lineDown")?.state).toBe("closed");

    const restarted = new Shop().play(...DOWN, at("10:05:00", 'card: B1, answer: "00"'));
    expect(restarted.all).toMatchObject([{ state: "open" }]);
    restarted.play(at("10:20:00", "started: daemon"), at("10:21:00", 'card: B1, answer: "00"'));
    expect(restarted.all).toMatchObject([{ state: "closed" }]);
  });

  it("is not closed by the ladder while a channel is still disturbed", () => {
    const shop = new Shop().play(
      at("09:58:00", 'channel: "wifi:wlan0", cause: nonWifiEnergy'),
      at("09:59:00", "line: router.lossy"),
      at("10:00:00", "silence: noAnswer, afterS: 30"),
      at("10:05:00", "line: well"),
    );
    expect(shop.all).toMatchObject([{ kind: "lineDown", state: "open" }]);
    shop.play(at("10:06:00", 'channel: "wifi:wlan0", cause: over'));
    expect(shop.all).toMatchObject([{ state: "closed" }]);
  });
});

describe("a person", () => {
  it("acknowledges, notes, remedies and closes it, and every word stays with name and time", () => {
    const shop = new Shop().play(...BLOCKED);
    shop
      .word("acknowledged", 1)
      .word("noted", 1, { why: "called the acquirer" })
      .word("appealed", 1, { why: "papers sent" });
    expect(shop.all).toMatchObject([{ state: "appealed" }]);
    shop.word("closed", 1, { why: "the acquirer has lifted it" });
    expect(shop.all[0]?.state).toBe("closed");
    expect(shop.all[0]?.notes.map(({ event, who }) => [event, who])).toEqual([
      ["acknowledged", "Lee"],
      ["noted", "Lee"],
      ["appealed", "Lee"],
      ["closed", "Lee"],
    ]);
  });

  it("cannot acknowledge a closed one: the word is kept, the state stays", () => {
    const shop = new Shop()
      .play(...BLOCKED)
      .word("closed", 1, { why: "over" })
      .word("acknowledged", 1);
    expect(shop.all[0]?.state).toBe("closed");
    expect(shop.all[0]?.notes).toHaveLength(2);
  });
});

describe("trouble with single payments", () => {
  it("becomes one trouble of the terminal when there are too many of them, so that the list stays readable", () => {
    const shop = new Shop();
    for (let n = 0; n < 40; n += 1)
      shop.play(
        at(
          `1${Math.floor(n / 6)}:${n % 6}0:00`,
          `amount: ${n + 1}, silence: noAnswer, afterS: 30, reversal: { reason: "98" }`,
        ),
      );
    const open = shop.all.filter(({ kind }) => kind === "reversalAbandoned");
    expect(open).toHaveLength(21);
    expect(open.at(-1)).toMatchObject({ place: { terminal: "T1" }, payments: 20 });
  });
});

describe("a flood of sales with one card and one amount, as a test bench makes it", () => {
  it("leaves a handful of diagnoses and incidents, and not one for each sale", () => {
    const shop = new Shop();
    const sales = Array.from({ length: 1_200 }, (_, n) =>
      at(
        `10:${String(Math.floor(n / 20)).padStart(2, "0")}:${String(n % 20).padStart(2, "0")}`,
        `terminal: T${n % 16}, afterS: 16, answer: "00"`,
      ),
    );
    shop.play(...sales);
    expect(shop.said.length).toBeLessThan(40);
    expect(shop.all.length).toBeLessThan(20);
  });
});

describe("a double charge", () => {
  it("is not seen in a shop that sells the same thing to the same card all day", () => {
    const shop = new Shop();
    for (let n = 0; n < 40; n += 1) shop.play(at(`10:${String(n).padStart(2, "0")}:00`, 'answer: "00"'));
    expect(shop.all.length).toBeLessThanOrEqual(3);
  });

  it("is none when the first charge was voided before, also by a void that carries no card", () => {
    const shop = new Shop().play(
      at("10:00:00", 'as: first, answer: "00"'),
      at("10:02:00", 'kind: saleVoid, card: none, of: first, answer: "00"'),
      at("10:04:00", 'answer: "00"'),
    );
    expect(shop.all).toEqual([]);
  });

  it("is closed by the void of either charge", () => {
    const shop = new Shop().play(
      at("10:00:00", 'as: first, answer: "00"'),
      at("10:03:00", 'as: second, answer: "00"'),
      at("10:10:00", 'kind: saleVoid, of: second, answer: "00"'),
    );
    expect(shop.all).toMatchObject([
      { kind: "duplicateCharge", state: "closed", notes: [{ why: "settledByPayment" }] },
    ]);
  });
});

it("replaying the ledger gives the same incidents, byte for byte, and derives nothing else", () => {
  const shop = new Shop().play(...BLOCKED, at("10:06:00", 'card: C1, answer: "00"')).word("noted", 1, { why: "seen" });
  let state = incidents.begin();
  const derived: unknown[] = [];
  for (const record of shop.ledger) {
    state = incidents.step(state, record);
    derived.push(...(incidents.derives?.(state) ?? []).map(({ kind, body }) => ({ kind, ...body })));
  }
  expect(incidents.pack(state)).toBe(shop.packed);
  expect(derived).toEqual(shop.said.filter((one) => isIncident(one) && !JSON.stringify(one).includes('"diagnosis"')));
});

it("every kind has a title in both languages", () => {
  for (const kind of INCIDENT_KINDS) {
    expect(incidentTitle(kind).en, kind).toMatch(/^[A-Z]/);
    expect(incidentTitle(kind).zh, kind).toMatch(/[\u4e00-\u9fff]/);
  }
});
