import type { Envelope } from "../domain/record.ts";
import { displayCard } from "../domain/card.ts";
import type { Transaction } from "../domain/transaction.ts";
import { transactionRecordOf } from "../domain/transaction-history.ts";
import { systemClock } from "../runtime/clock.ts";
import { formatEndpoint } from "../runtime/endpoint.ts";
import { silentLog } from "../runtime/log.ts";
import { books } from "../sim/hq/books.ts";
import { transactionRecords } from "../sim/hq/transaction-records.ts";
import { CALM, OUTAGE } from "./demo/acts.ts";
import { type Audit, audit } from "./demo/audit.ts";
import { playScenes, settleEverything } from "./demo/play.ts";
import { type DemoShop, withDemoShop } from "./demo/shop.ts";
import { median } from "./demo/tally.ts";
import { type Language, type Words, WORDS } from "./demo/words.ts";
import { type Output, terminalOutput } from "./output.ts";

export interface DemoOptions {
  readonly port?: number;
  readonly speed?: number;
  /** Seconds. */
  readonly for?: number;
  readonly scenario?: "outage";
  readonly lang: Language;
}

/** Shop minutes in a real minute: four terminals then make some four hundred transactions in it. */
const SPEED = 60;
/** Seconds that the three acts take when nobody says how long. */
const OUTAGE_SECONDS = 60;
/** Fewer transactions prove nothing about an outage. */
const ENOUGH = 100;
const PROGRESS_EVERY_MS = 5_000;

/** Requests, repeats and the like come before an end; only the ends are worth a line. */
const TELLING = new Set(["answered", "answeredLate", "unanswered", "notSent", "reversalAnswered", "reversalAbandoned"]);

/** `tillgate demo`: 0 only when headquarters' store equals the acquirer's books. */
export async function demo(options: DemoOptions, output: Output = terminalOutput()): Promise<number> {
  const words = WORDS[options.lang];
  const clock = systemClock();
  const isOutage = options.scenario === "outage";
  const seconds = options.for ?? (isOutage ? OUTAGE_SECONDS : undefined);
  const stop = new AbortController();
  const asked = (): void => stop.abort(new Error("asked to stop"));
  process.once("SIGINT", asked).once("SIGTERM", asked);
  const say = (line: string): void => output.print(line);
  let code = 1;
  try {
    await withDemoShop(
      { httpPort: options.port ?? 0, clock, log: silentLog, onStored: (envelope) => tell(envelope, words, say) },
      // A stop ends the play, not the shop: the books are compared in any case.
      new AbortController().signal,
      async (shop) => {
        introduce(shop, words, seconds === undefined, say);
        const progress = setInterval(() => say(progressOf(shop, words)), PROGRESS_EVERY_MS);
        try {
          await playScenes(
            shop,
            {
              scenes: isOutage ? OUTAGE : CALM,
              seconds,
              speed: options.speed ?? SPEED,
              clock,
              onAct: (act) => say(`\n== ${words.acts[act]}`),
              onActEnded: (_act, { refusedAfterMs, ...tally }) => {
                const typical = median(refusedAfterMs);
                const refusedMs = typical === undefined ? "" : ` (${Math.round(typical)} ms)`;
                say(words.actEnded({ ...tally, refusedMs }));
              },
            },
            stop.signal,
          );
        } finally {
          clearInterval(progress);
        }
        say(`\n== ${words.settling}`);
        const missing = await settleEverything(shop, clock, AbortSignal.timeout(120_000));
        code = report(shop, { words, missing, wanted: isOutage ? ENOUGH : 0, say });
      },
    );
    return code;
  } finally {
    process.off("SIGINT", asked).off("SIGTERM", asked);
  }
}

function introduce(shop: DemoShop, words: Words, untilStopped: boolean, say: (line: string) => void): void {
  const places = {
    http: formatEndpoint(shop.gateway.http),
    relay: shop.relay.port,
    broker: shop.broker.kind,
    store: shop.store,
  };
  for (const line of words.up(places)) say(line);
  if (untilStopped) say(words.ctrlC);
}

/** One line for what headquarters has just stored. */
function tell(envelope: Envelope, words: Words, say: (line: string) => void): void {
  const record = transactionRecordOf(envelope);
  if (record === undefined || !TELLING.has(record.event)) return;
  say(`   HQ <- ${envelope.at.slice(11, 19)} #${envelope.seq} ${describe(record.transaction, words)}`);
}

function describe(transaction: Transaction, words: Words): string {
  const { terminal, kind, stan, amount, currency = "", card, outcome, responseCode } = transaction;
  const sum = amount === undefined ? "" : ` ${(amount / 100).toFixed(2)} ${currency}`;
  const shown = card === undefined ? "" : ` ${displayCard(card)}`;
  const code = responseCode === undefined || responseCode === "00" ? "" : ` (${responseCode})`;
  return `${terminal} ${kind} ${stan}${sum}${shown}: ${words.outcomes[outcome]}${code}`;
}

function progressOf(shop: DemoShop, words: Words): string {
  const { ledger } = shop.gateway;
  return words.progress({
    seconds: Math.round(process.uptime()),
    made: shop.acquirer.books().length,
    held: ledger.mark(),
    unconfirmed: ledger.durable - ledger.mark(),
  });
}

interface Reporting {
  readonly words: Words;
  /** Records that headquarters has not confirmed. */
  readonly missing: number;
  readonly wanted: number;
  readonly say: (line: string) => void;
}

/** @returns the demo's exit code. */
function report(shop: DemoShop, { words, missing, wanted, say }: Reporting): number {
  const held = books(shop.hqDatabase);
  const found = audit({
    host: shop.acquirer.books(),
    terminals: shop.terminals.flatMap((terminal) =>
      terminal.journal().map(({ batch, stan, result }) => ({ de41: terminal.de41, batch, stan, result })),
    ),
    repeated: shop.acquirer.arrivals().filter(({ repeated, mti }) => repeated && (mti === "0200" || mti === "0100")),
    hq: transactionRecords(shop.hqDatabase),
  });
  const forked = held.forks + held.chainBreaks + held.gaps + held.damaged;
  const wrong = found.wrong.length + forked;
  say("");
  reportDoubts(found, words, say);
  if (held.duplicates > 0) say(words.redelivered(held.duplicates));
  const { lost, duplicated, transactions } = found;
  say(words.summary({ made: transactions, held: held.rows, lost: lost.length, duplicated: duplicated.length, wrong }));
  if (missing > 0) say(words.behind(missing));
  if (transactions < wanted) say(words.tooFew(transactions, wanted));
  const isGood = lost.length + duplicated.length + wrong + missing === 0;
  say(isGood ? words.good : words.bad);
  for (const line of [...lost, ...duplicated, ...found.wrong].slice(0, 20)) say(`  ${line}`);
  return isGood && transactions >= wanted ? 0 : 1;
}

function reportDoubts({ doubts }: Audit, words: Words, say: (line: string) => void): void {
  if (doubts.length === 0) return;
  say(words.doubts(doubts.length));
  const ends = new Map<string, number>();
  for (const { outcome } of doubts) ends.set(words.outcomes[outcome], (ends.get(words.outcomes[outcome]) ?? 0) + 1);
  for (const [end, number] of ends) say(`  ${number} ${end}`);
}
