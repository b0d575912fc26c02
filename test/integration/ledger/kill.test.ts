import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { z } from "zod";
import { seq } from "../../../src/domain/record.ts";
import { openOfflineLedger } from "../../../src/queue/offline.ts";
import { ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";
import { tempDir } from "../../support/temp-dir.ts";

const KILLS = 20;
const CHILD = join(import.meta.dirname, "appending-child.ts");

interface Acknowledged {
  readonly pid: number;
  readonly caller: number;
  readonly n: number;
}

const bodySchema = z.object({ body: z.object({ pid: z.number(), caller: z.number(), n: z.number() }) });

/** Runs the child until it acknowledged this many records and a random moment has passed, then kills it. */
async function runAndKill(directory: string, atLeast: number): Promise<ReadonlyMap<number, Acknowledged>> {
  const child: ChildProcess = spawn(process.execPath, [CHILD, directory], { stdio: ["ignore", "pipe", "inherit"] });
  const { pid, stdout } = child;
  if (pid === undefined || stdout === null) throw new Error("the child did not start");
  const ended = once(child, "exit");
  const acknowledged = new Map<number, Acknowledged>();
  let isDoomed = false;
  for await (const line of createInterface({ input: stdout })) {
    const [at, caller, n] = line.split(" ").map(Number);
    if (at === undefined || caller === undefined || n === undefined || Number.isNaN(at)) continue;
    acknowledged.set(at, { pid, caller, n });
    if (acknowledged.size < atLeast || isDoomed) continue;
    isDoomed = true;
    setTimeout(() => child.kill("SIGKILL"), Math.random() * 40);
  }
  await ended;
  expect(child.signalCode).toBe("SIGKILL");
  return acknowledged;
}

it("holds every acknowledged record after 20 kills in the middle of the work, in one gap-free chain", async () => {
  await using dir = await tempDir();
  const acknowledged = new Map<number, Acknowledged>();
  let before = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const now = await runAndKill(dir.path, 1 + Math.floor(Math.random() * 150));
    // Numbering went on after what the last run left: no position was given twice.
    for (const at of now.keys()) expect(at).toBeGreaterThan(before);
    before = Math.max(...now.keys());
    for (const [at, record] of now) acknowledged.set(at, record);
  }

  using offline = openOfflineLedger(dir.path);
  const records = [...offline.forward()];
  expect(records.map((record) => record.seq)).toEqual(records.map((_, index) => index + 1));
  expect(await offline.verify()).toEqual({ ok: true, records: records.length });
  for (const [at, expected] of acknowledged) {
    const { body } = bodySchema.parse(JSON.parse(records[at - 1]?.envelope.toString() ?? "null"));
    expect(body).toEqual(expected);
  }

  await using ledger = await ledgerIn(dir.path);
  expect(ledger.stream).toBe(offline.stream);
  expect(ledger.mark()).toBeLessThanOrEqual(ledger.durable);
  expect(ledger.mark()).toBeGreaterThan(0);
  expect((await ledger.loadSnapshot("child"))?.seq).toBeLessThanOrEqual(ledger.durable);
  expect(await ledger.append(sale(1))).toBe(records.length + 1);
  expect(await ledger.page(seq(records.length + 1), 500)).toHaveLength(1);
});
