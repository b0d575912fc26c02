// `tillgate`, except that it may be told to die of SIGKILL at one exact moment: the file that TILLGATE_DIES_AT names says which.
import { readFileSync } from "node:fs";
import type { RecordDraft, Seq } from "../../../src/domain/record.ts";
import { Ledger } from "../../../src/queue/ledger.ts";
import { transactionRecordOf } from "../../../src/domain/transaction-history.ts";
import { DEATHS, type Death } from "./moments.ts";

/** The class as it was. */
const before: Partial<Pick<Ledger, "append">> = Object.defineProperties(
  {},
  Object.getOwnPropertyDescriptors(Ledger.prototype),
);

Ledger.prototype.append = async function dying(this: Ledger, draft: RecordDraft, canWait?: boolean): Promise<Seq> {
  const death = told();
  const isMeant = death !== undefined && transactionRecordOf(draft)?.event === death.event;
  if (isMeant && death.when === "before") process.kill(process.pid, "SIGKILL");
  const seq = await before.append?.call(this, draft, canWait);
  if (seq === undefined) throw new TypeError("a ledger cannot append");
  if (isMeant) process.kill(process.pid, "SIGKILL");
  return seq;
};

function told(): Death | undefined {
  try {
    const name = readFileSync(process.env["TILLGATE_DIES_AT"] ?? "", "utf8");
    return DEATHS.get(name);
  } catch {
    return undefined;
  }
}

const { main } = await import("../../../src/cli/program.ts");
process.exitCode = await main(process.argv.slice(2));
