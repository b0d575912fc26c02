// Appends to a scratch ledger until it is killed, and says a line for each append: `ok SEQ TOKEN` or `refused CODE`.
import { setTimeout as delay } from "node:timers/promises";
import { LedgerError } from "../../queue/ledger-error.ts";
import { openLedger } from "../../queue/open-ledger.ts";
import { systemClock } from "../../runtime/clock.ts";
import { silentLog } from "../../runtime/log.ts";

const CALLERS = 4;
/** ms after a refusal: long enough not to flood whoever reads this. */
const AGAIN_AFTER_MS = 50;

const [, , directory = "", padding = "0"] = process.argv;
const pad = "x".repeat(Number(padding));

await using ledger = await openLedger({ directory, clock: systemClock(), log: silentLog, allowVolatile: true });
process.stdout.write(`open ${ledger.durable}\n`);

async function appendForEver(caller: number): Promise<never> {
  for (let n = 0; ; n += 1) {
    const token = `${process.pid}-${caller}-${n}`;
    try {
      const at = await ledger.append({ kind: "transaction", body: { event: "selftest", token, pad } });
      process.stdout.write(`ok ${at} ${token}\n`);
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      process.stdout.write(`refused ${error.code}\n`);
      await delay(AGAIN_AFTER_MS);
    }
  }
}

await Promise.all(Array.from({ length: CALLERS }, async (_, caller) => appendForEver(caller)));
