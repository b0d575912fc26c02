import { Mosquitto } from "../../src/sim/hq/mosquitto.ts";
import { median } from "../median.ts";
import { appendTogether } from "../queue/loops.ts";
import { ledgerIn } from "../queue/subjects.ts";
import type { BenchContext, BenchRow } from "../row.ts";
import { FarEnd } from "./far-end.ts";
import { mosquittoProgram } from "./listening-broker.ts";
import { publishAll } from "./publish-all.ts";
import { draining, whileRunning } from "./subject.ts";

const QUEUED = 3_000;
const WINDOW = 100;
const ROUNDS = 5;
/** Of ours only: mosquitto has nothing to warm. */
const WARM_UP_ROUNDS = 10;

interface Subject {
  /** Takes them, durably. */
  accept(): Promise<void>;
}

/**
 * The line is down while messages are handed over, and comes back when all are taken.
 *
 * @returns ms for the slower of the two: what a steady flow through both would be held up by.
 */
async function throughOutage(subject: Subject, farEnd: FarEnd, context: BenchContext): Promise<number> {
  const startedAt = performance.now();
  await subject.accept();
  const takenMs = performance.now() - startedAt;
  const deliveredMs = await farEnd.receive(QUEUED, context.signal);
  context.say(`  taken in ${takenMs.toFixed(0)} ms, delivered in ${deliveredMs.toFixed(0)} ms`);
  return Math.max(takenMs, deliveredMs);
}

async function ours(directory: string, context: BenchContext): Promise<number> {
  const farEnd = await FarEnd.prepare(`${context.scratch}/far-end`);
  await using ledger = await ledgerIn(directory);
  const uplink = draining(ledger, `mqtt://127.0.0.1:${farEnd.port}`, WINDOW);
  const accept = async (): Promise<void> => {
    await appendTogether(ledger, WINDOW, QUEUED);
  };
  return await whileRunning(uplink, async () => throughOutage({ accept }, farEnd, context));
}

/** As a shop would set it up so that it survives a power cut: what it holds is written at every change (mosquitto.conf(5)). */
async function bridged(directory: string, payload: string, context: BenchContext): Promise<number> {
  const farEnd = await FarEnd.prepare(`${context.scratch}/far-end`);
  const bridge = ["connection hq", `address 127.0.0.1:${farEnd.port}`, "topic # out 1", "cleansession false"];
  await using local = await Mosquitto.start(mosquittoProgram(), {
    directory,
    lines: ["autosave_on_changes true", "autosave_interval 1", ...bridge, "restart_timeout 1"],
  });
  const accept = async (): Promise<void> => {
    await publishAll({ url: `mqtt://127.0.0.1:${local.port}`, payload, count: QUEUED, window: WINDOW });
  };
  return await throughOutage({ accept }, farEnd, context);
}

export async function outage(payload: string, context: BenchContext): Promise<BenchRow[]> {
  const ledgers: number[] = [];
  const bridges: number[] = [];
  for (let round = 1; round <= WARM_UP_ROUNDS; round += 1) await ours(`${context.scratch}/outage`, context);
  for (let round = 1; round <= ROUNDS; round += 1) {
    context.say(`against a bridged mosquitto, round ${round} of ${ROUNDS}`);
    ledgers.push(QUEUED / (await ours(`${context.scratch}/outage`, context)));
    bridges.push(QUEUED / (await bridged(`${context.scratch}/bridge-${round}`, payload, context)));
  }
  const ratio = median(ledgers) / median(bridges);
  return [
    {
      bench: "uplink",
      row: `against a bridged mosquitto that survives kill -9 (autosave_on_changes), window ${WINDOW}, ${QUEUED.toLocaleString("en")} queued: the slower of taking them durably and delivering them`,
      unit: "msg/s",
      ours: median(ledgers) * 1_000,
      peers: { "bridged mosquitto": median(bridges) * 1_000 },
      ratio,
      target: "≥ 100 ×",
      met: ratio >= 100,
    },
  ];
}
