import type { Envelope } from "../domain/record.ts";
import { systemClock } from "../runtime/clock.ts";
import { formatEndpoint } from "../runtime/endpoint.ts";
import { silentLog } from "../runtime/log.ts";
import { CALM, OUTAGE } from "./demo/acts.ts";
import { playScenes, settleEverything } from "./demo/play.ts";
import { report } from "./demo/report.ts";
import { type DemoShop, withDemoShop } from "./demo/shop.ts";
import { median } from "./demo/tally.ts";
import { tellLine } from "./demo/tell-line.ts";
import { told } from "./demo/tell.ts";
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

/** Shop minutes in a real minute: two relayed terminals then make some two hundred transactions in it. */
const SPEED = 60;
/** Seconds that the three acts take when nobody says how long. */
const OUTAGE_SECONDS = 60;
/** Fewer transactions prove nothing about an outage. */
const ENOUGH = 100;
const PROGRESS_EVERY_MS = 5_000;

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
  const hear = (envelope: Envelope): void => {
    const line = told(envelope, words);
    if (line !== undefined) say(line);
  };
  let code = 1;
  try {
    await withDemoShop(
      { httpPort: options.port ?? 0, clock, log: silentLog, onStored: hear },
      // A stop ends the play, not the shop: the books are compared in any case.
      new AbortController().signal,
      async (shop) => {
        introduce(shop, words, seconds === undefined, say);
        const watching = new AbortController();
        const url = `http://${formatEndpoint(shop.gateway.http)}`;
        const line = tellLine(url, { words, clock, say }, watching.signal);
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
              onActEnded: (_act, { refusedAfterMs, ...tally }, tills) => {
                const typical = median(refusedAfterMs);
                const refusedMs = typical === undefined ? "" : ` (${Math.round(typical)} ms)`;
                say(words.actEnded({ ...tally, refusedMs }));
                say(words.tills(tills));
              },
            },
            stop.signal,
          );
        } finally {
          clearInterval(progress);
          watching.abort();
          await line;
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
  const terminals = shop.tills.map(({ driven }) => driven);
  for (const line of words.driven(terminals)) say(line);
  if (!terminals.some(({ place }) => place === "zvtPty")) say(words.noSerial);
  if (untilStopped) say(words.ctrlC);
}

function progressOf(shop: DemoShop, words: Words): string {
  const { ledger } = shop.gateway;
  return words.progress({
    seconds: Math.round(process.uptime()),
    made: shop.acquirer.books().length + shop.tills.reduce((sum, { driven }) => sum + driven.charges().length, 0),
    held: ledger.mark(),
    unconfirmed: ledger.durable - ledger.mark(),
  });
}
