import type { Doubts } from "./doubts.ts";
import { type DeskDeps, draftOf } from "./ports.ts";
import { Standing } from "./standing.ts";
import { leftOver } from "./transaction-of.ts";

/** ms between two looks whether the ledger has been read. */
const LOOK_MS = 50;

/**
 * What stands when the desk opens, as soon as the ledger has been read. What a crash left as `requested` went to its terminal,
 * or did not: nobody knows, and the ledger says so from now on.
 *
 * @throws the signal's reason.
 */
export async function standingAtStart(deps: DeskDeps, signal: AbortSignal): Promise<Standing> {
  const { recorder, log } = deps;
  const doubts = await doubtsWhenRead(deps, signal);
  const standing = new Standing(doubts);
  const left = [...doubts.open].filter(
    ({ event, transaction }) => event === "requested" && transaction.payment !== undefined,
  );
  for (const { transaction } of left) {
    const known = leftOver(transaction);
    standing.take(known);
    try {
      await recorder.record(draftOf("unanswered", known));
    } catch (error) {
      log.error("payment.recoveryNotRecorded", { payment: transaction.id, error });
    }
  }
  return standing;
}

async function doubtsWhenRead({ clock, doubts }: DeskDeps, signal: AbortSignal): Promise<Doubts> {
  for (let known = doubts(); ; known = doubts()) {
    if (known !== undefined) return known;
    await clock.sleep(LOOK_MS, signal);
  }
}
