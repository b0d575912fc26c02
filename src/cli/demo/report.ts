import type { Transaction } from "../../domain/transaction.ts";
import { books } from "../../sim/hq/books.ts";
import { transactionRecords } from "../../sim/hq/transaction-records.ts";
import { audit } from "./audit.ts";
import { auditOrders } from "./audit-orders.ts";
import type { DemoShop } from "./shop.ts";
import type { Words } from "./words.ts";

export interface Reporting {
  readonly words: Words;
  /** Records that headquarters has not confirmed. */
  readonly missing: number;
  readonly wanted: number;
  readonly say: (line: string) => void;
}

/** Holds headquarters' store against the books that are not ours, and says what it finds. @returns the demo's exit code. */
export function report(shop: DemoShop, { words, missing, wanted, say }: Reporting): number {
  const held = books(shop.hqDatabase);
  const records = transactionRecords(shop.hqDatabase);
  const relayed = audit({
    host: shop.acquirer.books(),
    terminals: shop.terminals.flatMap((terminal) =>
      terminal.journal().map(({ batch, stan, result }) => ({ de41: terminal.de41, batch, stan, result })),
    ),
    repeated: shop.acquirer.arrivals().filter(({ repeated, mti }) => repeated && (mti === "0200" || mti === "0100")),
    hq: records.filter(({ transaction }) => transaction.payment === undefined),
  });
  const ordered = auditOrders({
    books: new Map(shop.tills.map(({ driven }) => [driven.id, driven.charges()])),
    tills: shop.journal.told,
    hq: records.filter(({ transaction }) => transaction.payment !== undefined),
  });
  const lost = [...relayed.lost, ...ordered.lost];
  const duplicated = [...relayed.duplicated, ...ordered.duplicated];
  const contradictions = [...ordered.wrong, ...relayed.wrong];
  const transactions = relayed.transactions + ordered.transactions;
  const forked = held.forks + held.chainBreaks + held.gaps + held.damaged;
  const wrong = contradictions.length + forked;
  say("");
  reportDoubts([...relayed.doubts, ...ordered.doubts], words, say);
  if (held.duplicates > 0) say(words.redelivered(held.duplicates));
  say(words.charges(shop.tills.map(({ driven }) => ({ id: driven.id, charges: driven.charges().length }))));
  say(words.summary({ made: transactions, held: held.rows, lost: lost.length, duplicated: duplicated.length, wrong }));
  if (missing > 0) say(words.behind(missing));
  if (transactions < wanted) say(words.tooFew(transactions, wanted));
  const isGood = lost.length + duplicated.length + wrong + missing === 0;
  say(isGood ? words.good : words.bad);
  for (const line of [...lost, ...duplicated, ...contradictions].slice(0, 20)) say(`  ${line}`);
  return isGood && transactions >= wanted ? 0 : 1;
}

function reportDoubts(doubts: readonly Transaction[], words: Words, say: (line: string) => void): void {
  if (doubts.length === 0) return;
  say(words.doubts(doubts.length));
  const ends = Map.groupBy(doubts, ({ outcome, resolution }) => words.ended(outcome, resolution?.by));
  for (const [end, all] of ends) say(`  ${all.length} ${end}`);
}
