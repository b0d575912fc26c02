import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { DAEMON_FLAGS } from "./daemon-flags.ts";
import { freePort } from "./free-port.ts";
import { median } from "./median.ts";
import { gatewayConfig } from "./relay/config.ts";
import { Peer } from "./relay/peer.ts";
import type { Bench, BenchContext, BenchRow } from "./row.ts";

/** Of one block; the first round warms everything up and does not count. */
const SALES_OF_ONE = 2_500;
const SALES_OF_MANY = 12_800;
const ROUNDS = 7;
const FEW = 8;
const MANY = 64;
const RECORDED_WITHIN_MS = 10_000;

/** Ways from the terminals to the same host. */
const WAYS = ["tillgate", "socat", "bare Node relay", "direct"] as const;
type Way = (typeof WAYS)[number];

/** What terminals.ts answers. */
const block = z.object({ count: z.int(), elapsedMs: z.number(), p50: z.number(), p99: z.number() });
type Block = z.output<typeof block>;
type Blocks = Readonly<Record<Way, readonly Block[]>>;

/** The relay with everything on, beside a proxy in C and the least that Node can do. Its broker is away. */
export const run: Bench = async (context) => {
  const { scratch } = context;
  await using stack = new AsyncDisposableStack();
  const host = stack.use(await Peer.fork("host.ts", []));
  const config = `${scratch}/tillgate.yaml`;
  const broker = await freePort();
  await writeFile(config, gatewayConfig({ store: `${scratch}/store`, host: host.port, broker, terminals: MANY }));
  const gateway = stack.use(await Peer.fork("gateway.ts", [config], DAEMON_FLAGS));
  const bare = stack.use(await Peer.fork("bare-relay.ts", [String(host.port)]));
  const socat = stack.use(await Peer.socat(await freePort(), host.port));
  const terminals = stack.use(await Peer.fork("terminals.ts", []));

  const ports: Readonly<Record<Way, number>> = {
    tillgate: gateway.port,
    socat: socat.port,
    "bare Node relay": bare.port,
    direct: host.port,
  };
  const recorded = async (): Promise<number> => z.int().parse(await gateway.ask("recorded"));
  let sold = 0;
  const sell = async (way: Way, count: number, sales: number): Promise<Block> => {
    const done = block.parse(await terminals.ask({ port: ports[way], terminals: count, sales }));
    if (way === "tillgate") sold += done.count;
    return done;
  };

  const before = await recorded();
  context.say("round trips, one terminal");
  const one = await alternate(context, async (way) => sell(way, 1, SALES_OF_ONE));
  context.say(`round trips, ${FEW} terminals at once (no row of the targets)`);
  await alternate(context, async (way) => sell(way, FEW, SALES_OF_ONE * 2));
  context.say(`transactions a second, ${MANY} terminals`);
  const many = await alternate(context, async (way) => sell(way, MANY, SALES_OF_MANY));

  const deadline = performance.now() + RECORDED_WITHIN_MS;
  while ((await recorded()) - before < 2 * sold && performance.now() < deadline) await delay(100);
  const records = (await recorded()) - before;
  const isRecorded = records === 2 * sold;
  context.say(`${records} transaction records of ${sold} sales`);
  if (!isRecorded) context.say("each sale must have two: no row counts as met");
  const rows = [...latencyRows(one), ...rateRows(many)];
  return rows.map((row) => ({ ...row, met: row.met && isRecorded }));
};

/** Blocks of all ways in turn, in another order each round: what disturbs the machine disturbs them all. */
async function alternate(context: BenchContext, sell: (way: Way) => Promise<Block>): Promise<Blocks> {
  const blocks: Record<Way, Block[]> = { tillgate: [], socat: [], "bare Node relay": [], direct: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const index of WAYS.keys()) {
      context.signal.throwIfAborted();
      const way = WAYS[(index + round) % WAYS.length] ?? "direct";
      const done = await sell(way);
      if (round > 0) blocks[way].push(done);
    }
  }
  for (const way of WAYS) {
    const rates = blocks[way].map((done) => Math.round(perSecond(done)));
    context.say(
      `  ${way}: ${rates.join(" ")} /s, p50 ${p50(blocks[way]).toFixed(3)} ms, p99 ${p99(blocks[way]).toFixed(3)} ms`,
    );
  }
  return blocks;
}

function latencyRows(blocks: Blocks): readonly BenchRow[] {
  const rowOf = (name: "p50" | "p99", of: typeof p50, limitMs: number): BenchRow => {
    const added = of(blocks.tillgate) - of(blocks.socat);
    return {
      bench: "relay",
      row: `added round-trip time ${name} over socat as the proxy, durable write-ahead and observer on`,
      unit: "ms",
      ours: added,
      peers: Object.fromEntries(WAYS.map((way) => [`whole trip through ${way}`, of(blocks[way])])),
      ratio: null,
      target: `≤ ${limitMs} ms`,
      met: added <= limitMs,
    };
  };
  return [rowOf("p50", p50, 0.4), rowOf("p99", p99, 2)];
}

function rateRows(blocks: Blocks): readonly BenchRow[] {
  const rate = (way: Way): number => median(blocks[way].map(perSecond));
  const ours = rate("tillgate");
  const ratio = ours / rate("bare Node relay");
  const row = {
    bench: "relay",
    row: `transactions a second through ${MANY} terminals, two durable records each, load and host on the same two cores`,
    unit: "/s",
    ours,
  };
  const peers = { socat: rate("socat"), "bare Node relay": rate("bare Node relay"), direct: rate("direct") };
  return [
    { ...row, peers: {}, ratio: null, target: "≥ 8,000 /s", met: ours >= 8_000 },
    { ...row, peers, ratio, target: "≥ 30 % of a bare Node relay", met: ratio >= 0.3 },
  ];
}

function perSecond({ count, elapsedMs }: Block): number {
  return count / (elapsedMs / 1_000);
}

function p50(blocks: readonly Block[]): number {
  return median(blocks.map((done) => done.p50));
}

function p99(blocks: readonly Block[]): number {
  return median(blocks.map((done) => done.p99));
}
