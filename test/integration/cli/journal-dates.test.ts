import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../../../src/cli/program.ts";
import { bootId, type ClockStamp, instant } from "../../../src/domain/clock.ts";
import type { ClockRecord } from "../../../src/domain/clock-record.ts";
import { type Transaction, transactionId } from "../../../src/domain/transaction.ts";
import { openLedger } from "../../../src/queue/open-ledger.ts";
import { rfc3339, systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";

const EARLIER = "00000000-0000-4000-8000-000000000001";
const BEGAN = Date.parse("2026-01-31T10:00:00.000Z");

let dir: TempDir;

/**
 * Three boots of a machine without battery clock: the first was never set; the second was a minute after it began, while
 * sale 3 was under way; in the third the clock was right and then lost. Sale 6 was carried over from an earlier stream.
 */
async function fill(directory: string): Promise<void> {
  const real = systemClock();
  let wall = 0;
  let stamp: ClockStamp = { bootId: bootId("boot-0"), monotonicMs: 0, synced: false };
  const clock = { ...real, now: () => instant(wall), stamp: () => stamp };
  await using ledger = await openLedger({ directory, clock, log: silentLog, allowVolatile: true });
  const at = (boot: string, monotonicMs: number, synced: boolean, wallAt: number): void => {
    stamp = { bootId: bootId(boot), monotonicMs, synced };
    wall = wallAt;
  };
  const clockSays = async (event: ClockRecord["event"], more: Partial<ClockRecord> = {}): Promise<void> => {
    await ledger.append({ kind: "clock", body: { event, at: rfc3339(instant(wall)), ...more } });
  };
  const sell = async (n: number, differs: Partial<Transaction> = {}): Promise<void> => {
    const requestedAt = rfc3339(instant(wall));
    const transaction = aTransaction({ id: transactionId(`t-${n}`), stan: `00000${n}`, requestedAt, ...differs });
    await ledger.append({
      kind: "transaction",
      terminal: transaction.terminal,
      body: { event: "answered", transaction },
    });
  };

  at("boot-1", 5_000, false, 5_000);
  await clockSays("started");
  at("boot-1", 7_000, false, 7_000);
  await sell(1);

  at("boot-2", 5_000, false, 5_000);
  await clockSays("started");
  at("boot-2", 12_000, false, 12_000);
  await sell(2);
  at("boot-2", 61_000, false, BEGAN + 61_000);
  await clockSays("stepped", { byMs: BEGAN });
  at("boot-2", 61_000, true, BEGAN + 61_000);
  await clockSays("synchronised");
  await sell(3, { requestedAt: rfc3339(instant(58_000)) });
  await sell(4);

  at("boot-3", 5_000, true, BEGAN + 3_600_000);
  await clockSays("started");
  await clockSays("synchronised");
  at("boot-3", 65_000, false, BEGAN + 7_200_000);
  await clockSays("lost");
  await sell(5);

  // Salvage carries on while the gateway already writes records of its own.
  const carry = async (seq: number, kind: string, monotonicMs: number, wallAt: number, body: object): Promise<void> => {
    const clockThen = { bootId: "boot-0", monotonicMs, synced: monotonicMs === 60_000 };
    const envelope = { stream: EARLIER, seq, kind, at: rfc3339(instant(wallAt)), clock: clockThen, body };
    await ledger.append({ kind: "carried", body: { envelope } });
  };
  const requestedAt = rfc3339(instant(20_000));
  const transaction = aTransaction({ id: transactionId("t-6"), stan: "000006", requestedAt });
  await carry(1, "transaction", 20_000, 20_000, { event: "answered", transaction });
  await clockSays("started");
  await carry(2, "clock", 60_000, BEGAN - 40_000, { event: "synchronised", at: rfc3339(instant(BEGAN - 40_000)) });
}

beforeAll(async () => {
  dir = await tempDir();
  await fill(dir.file("store"));
});

afterAll(async () => {
  await dir[Symbol.asyncDispose]();
});

async function journal(...args: readonly string[]): Promise<CapturedOutput> {
  const output = new CapturedOutput();
  await main(["journal", ...args, "--store", dir.file("store")], output);
  return output;
}

/** STAN → the time as it is shown, in UTC, and its mark. */
function times({ printed }: Pick<CapturedOutput, "printed">): Readonly<Record<string, string>> {
  const rows = printed.flatMap((line): [string, string][] => {
    const [, time = "", mark = ""] = /(\d{4}-\S+ \S+ \S+)( [~?])? /.exec(line) ?? [];
    const stan = /\d{6}$/.exec(line)?.[0];
    return time === "" || stan === undefined ? [] : [[stan, `${utc(time)}${mark}`]];
  });
  return Object.fromEntries(rows);
}

function utc(local: string): string {
  const [day = "", clock = "", offset = ""] = local.split(" ");
  return new Date(`${day}T${clock}${offset}`).toISOString();
}

describe("dates in the journal", () => {
  it("are those of the ledger's own clock records, and say where they are not what was recorded", async () => {
    const output = await journal("list");
    expect(times(output)).toEqual({
      "000001": "1970-01-01T00:00:07.000Z ?",
      "000002": "2026-01-31T10:00:12.000Z ~",
      "000003": "2026-01-31T10:00:58.000Z ~",
      "000004": "2026-01-31T10:01:01.000Z",
      "000005": "2026-01-31T11:01:00.000Z ~",
      "000006": "2026-01-31T09:58:40.000Z ~",
    });
    expect(output.complained.map((line) => line[0])).toEqual(["~", "?"]);
  });

  it("are what is searched by", async () => {
    const from = ["--from", "2026-01-31T10:00:00Z"];
    expect(Object.keys(times(await journal("list", ...from, "--to", "2026-01-31T10:01:00Z")))).toEqual([
      "000002",
      "000003",
    ]);
    const file = dir.file("records.jsonl");
    await journal("export", "--format", "jsonl", "-o", file, ...from, "--to", "2026-01-31T10:01:00Z");
    // The start of boot 2, sale 2.
    expect((await readFile(file, "utf8")).trimEnd().split("\n")).toHaveLength(2);
  });

  it("stand beside the recorded ones in a CSV", async () => {
    const file = dir.file("sales.csv");
    await journal("export", "--format", "csv", "-o", file);
    const [head = "", ...rows] = (await readFile(file, "utf8")).trimEnd().split("\r\n");
    const column = head.split(",").indexOf("requestedAtCorrected");
    expect(head.split(",")[column + 1]).toBe("timeKnown");
    expect(
      rows.map((row) =>
        row
          .split(",")
          .slice(column, column + 2)
          .join(","),
      ),
    ).toEqual([
      ",no",
      "2026-01-31T10:00:12.000Z,yes",
      "2026-01-31T10:00:58.000Z,yes",
      ",yes",
      "2026-01-31T11:01:00.000Z,yes",
      "2026-01-31T09:58:40.000Z,yes",
    ]);
    expect(rows[1]).toContain("1970-01-01T00:00:12.000Z");
  });

  it("are shown with one record too, whose stored form stays as it is", async () => {
    const { printed } = await journal("show", "4");
    const text = printed.join("\n");
    expect(times({ printed })).toEqual({ "000002": "2026-01-31T10:00:12.000Z ~" });
    expect(text).toContain("~ Re-dated");
    expect(text).toContain('"at": "1970-01-01T00:00:12.000Z"');
  });
});
