// Appends until it is killed, and says on standard output which records were acknowledged: `seq caller n` a line.
import { openLedger } from "../../../src/queue/open-ledger.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";

const CALLERS = 8;

const [, , directory] = process.argv;
if (directory === undefined) throw new Error("usage: appending-child.ts DIRECTORY");

const ledger = await openLedger({ directory, clock: systemClock(), log: silentLog, allowVolatile: true });
process.stdout.write(`open ${ledger.durable}\n`);

async function appendForEver(caller: number): Promise<never> {
  for (let n = 0; ; n += 1) {
    const at = await ledger.append({
      kind: "transaction",
      body: { caller, n, pid: process.pid },
      ...(n % 3 === 0 ? { cardToken: ledger.tokenise(`62123400000${caller}`) } : {}),
    });
    process.stdout.write(`${at} ${caller} ${n}\n`);
    if (n % 10 === 0) await ledger.confirm(at);
    if (n % 50 === 0) await ledger.saveSnapshot("child", at, JSON.stringify({ at }));
  }
}

await Promise.all(Array.from({ length: CALLERS }, async (_, caller) => appendForEver(caller)));
