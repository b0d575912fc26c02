// A shop without wires: some tills sell into a real ledger, which drains through the real uplink where there is a broker.
// Says on standard output, at once and without a buffer of its own, what was acknowledged; obeys `WriterOrder`s on
// standard input and ends, cleanly, with it. Everything else ends it by force.
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { instant } from "../../../src/domain/clock.ts";
import type { StreamId } from "../../../src/domain/record.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { LedgerError } from "../../../src/queue/ledger-error.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { openLedger } from "../../../src/queue/open-ledger.ts";
import { aborted } from "../../../src/runtime/aborted.ts";
import { type Clock, systemClock } from "../../../src/runtime/clock.ts";
import { Recorder } from "../../../src/recorder.ts";
import { seededRandom } from "../../../src/sim/seeded-random.ts";
import { createUplink } from "../../../src/uplink/uplink.ts";
import { journalLog } from "../../../src/runtime/journal-log.ts";
import { ADDRESS, saleBody, UPLINK, writerOptions, type WriterLine, writerOrder } from "./writer-words.ts";

const { directory, broker, tills, each, pauseMs, firstSale, textBytes, ballastBytes, seed } = writerOptions.parse(
  JSON.parse(process.argv[2] ?? "null"),
);
const random = seededRandom(seed);
const log = journalLog({ level: "error", destination: process.stderr });

function say(line: WriterLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The machine's clock, as somebody sets it: only the wall time moves, as with a real one. */
let aheadMs = 0;
const machine = systemClock();
const clock: Clock = {
  now: () => instant(machine.now() + aheadMs),
  monotonicMs: () => machine.monotonicMs(),
  stamp: () => machine.stamp(),
  sleep: async (ms, signal) => machine.sleep(ms, signal),
};

let isSelling = true;
/** Sales that wait for their acknowledgement. */
let underWay = 0;
const stop = new AbortController();

async function sellAt(recorder: Recorder, stream: StreamId, till: string): Promise<void> {
  for (let sold = 0; sold < each && !stop.signal.aborted;) {
    if (!isSelling) {
      await delay(5);
      continue;
    }
    const sale = firstSale + sold;
    const text = "x".repeat(Math.floor(random() * textBytes));
    underWay += 1;
    try {
      const body = saleBody(till, sale, text);
      const seq = await recorder.record({ kind: "transaction", terminal: terminalId(till), body });
      say({ said: "kept", stream, seq, till, sale });
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      say({ said: "refused", code: error.code, till, sale });
    }
    underWay -= 1;
    sold += 1;
    if (pauseMs > 0) await delay(random() * pauseMs);
  }
}

async function obey(ledger: Ledger): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const order = writerOrder.parse(JSON.parse(line));
    if (order.do === "sell") isSelling = order.on;
    if (order.do === "setClock") aheadMs = order.aheadMs;
    if (order.do === "tell") {
      say({ said: "state", durable: ledger.durable, mark: ledger.mark(), waiting: underWay + recorder.held });
    }
  }
  stop.abort(new Error("told to stop"));
}

const ledger = await openLedger({ directory, clock, log, allowVolatile: true, space: { ballast: ballastBytes } });
const { stream } = ledger;
const recorder = new Recorder({ append: async (draft, canWait) => ledger.append(draft, canWait), clock, log });
say({ said: "open", stream, head: ledger.durable });
const running = [recorder.run(stop.signal)];
if (broker !== undefined) {
  const options = { ...UPLINK, address: ADDRESS, url: broker };
  const { record } = recorder;
  const uplink = createUplink(options, {
    outbox: ledger,
    behindHq: (upTo) => void ledger.noteBehindHq(upTo),
    differsFromHq: (at) => void ledger.noteDiffersFromHq(at),
    clock,
    log,
    random: Math.random,
    version: "0.0.0-test",
    record,
  });
  running.push(uplink.run(stop.signal));
}
const obeying = obey(ledger);
// A ledger that must be opened anew ends its process, as it does the gateway's: whoever began it begins another.
ledger.reopening.addEventListener("abort", () => stop.abort(ledger.reopening.reason), { once: true });
await Promise.all(Array.from({ length: tills }, async (_, till) => sellAt(recorder, stream, `till-${till + 1}`)));
if (broker === undefined) stop.abort(new Error("everything is sold"));
else await Promise.race([obeying, aborted(ledger.reopening)]);
await Promise.all(running);
await ledger[Symbol.asyncDispose]();
say({ said: "closed" });
process.stdin.destroy();
