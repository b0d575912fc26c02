import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { seq } from "../../src/domain/record.ts";
import { DAEMON_FLAGS } from "../daemon-flags.ts";
import { freePort } from "../free-port.ts";
import { median } from "../median.ts";
import { appendTogether } from "../queue/loops.ts";
import { ledgerIn, SALE } from "../queue/subjects.ts";
import type { BenchContext, BenchRow } from "../row.ts";
import { Child } from "./child.ts";
import { ListeningBroker } from "./listening-broker.ts";

const RECORDS = 200_000;
const ROUNDS = 3;
const WINDOW = 100;
const UNSENT = 1_000_000;
const APPENDERS = 2_000;

const timed = z.object({ records: z.int(), ms: z.number() });
const drained = timed.extend({ rest: z.int(), peak: z.int() });

async function fill(directory: string, count: number): Promise<void> {
  await using ledger = await ledgerIn(directory);
  await appendTogether(ledger, APPENDERS, count);
}

/** One envelope as it is sent, for the peers to send too. */
export async function anEnvelope(directory: string): Promise<string> {
  await using ledger = await ledgerIn(directory);
  await ledger.append(SALE);
  const [row] = await ledger.page(seq(1), 1);
  return row?.envelope.toString("utf8") ?? "";
}

/** In a process of its own, started as the package starts the daemon. The broker comes when that is at rest. */
async function drainOnce(directory: string, context: BenchContext): Promise<z.output<typeof drained>> {
  const port = await freePort();
  const args = [directory, `mqtt://127.0.0.1:${port}`, String(WINDOW)];
  await using child = new Child(DAEMON_FLAGS, "child-drain.ts", args, context);
  await child.line(z.object({ rest: z.int() }));
  await using broker = await ListeningBroker.start(`${context.scratch}/broker`, port);
  child.say(`drain into ${broker.url}`);
  return await child.line(drained);
}

async function publishBare(payloadFile: string, context: BenchContext): Promise<z.output<typeof timed>> {
  await using broker = await ListeningBroker.start(`${context.scratch}/broker`);
  const args = [broker.url, payloadFile, String(RECORDS), String(WINDOW)];
  await using child = new Child([], "child-bare.ts", args, context);
  return await child.line(timed);
}

function perSecond({ records, ms }: z.output<typeof timed>): number {
  return (records / ms) * 1_000;
}

/** The whole way, ledger to broker, beside mqtt.js with nothing before it; in turns, each in a process of its own. */
export async function speed(payload: string, context: BenchContext): Promise<BenchRow[]> {
  const directory = `${context.scratch}/drain`;
  const payloadFile = `${context.scratch}/payload`;
  await writeFile(payloadFile, payload);
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    context.say(`drain, round ${round} of ${ROUNDS}`);
    await fill(directory, RECORDS);
    ours.push(perSecond(await drainOnce(directory, context)));
    bare.push(perSecond(await publishBare(payloadFile, context)));
  }
  const ratio = median(ours) / median(bare);
  return [
    {
      bench: "uplink",
      row: `drain ${RECORDS.toLocaleString("en")} records to mosquitto, QoS 1, cursor durable, rate limiter off (window ${WINDOW})`,
      unit: "msg/s",
      ours: median(ours),
      peers: { "bare mqtt.js": median(bare) },
      ratio,
      target: "≥ 0.6 ×",
      met: ratio >= 0.6,
    },
  ];
}

export async function memory(context: BenchContext): Promise<BenchRow[]> {
  context.say(`memory while draining ${UNSENT.toLocaleString("en")} records`);
  const directory = `${context.scratch}/memory`;
  await fill(directory, UNSENT);
  const { records, ms, rest, peak } = await drainOnce(directory, context);
  const over = (peak - rest) / 2 ** 20;
  return [
    {
      bench: "uplink",
      row: `resident memory with ${records.toLocaleString("en")} unsent while draining (${Math.round(records / ms)}k msg/s), over rest (${Math.round(rest / 2 ** 20)} MB)`,
      unit: "MB",
      ours: over,
      peers: {},
      ratio: null,
      target: "≤ 45 MB",
      met: over <= 45,
    },
  ];
}
