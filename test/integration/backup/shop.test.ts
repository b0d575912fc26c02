import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { main } from "../../../src/cli/program.ts";
import { books } from "../../../src/sim/hq/books.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { payEverything } from "../../support/cashier.ts";
import { auditWithCarried } from "../../support/hq-transactions.ts";
import { recordBodies } from "../../support/hq-records.ts";
import { Shop } from "../../support/shop.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { namesIn } from "./a-store.ts";

async function tillgate(command: string): Promise<CapturedOutput> {
  const output = new CapturedOutput();
  const code = await main(command.split(" "), output);
  expect(code, [...output.printed, ...output.complained].join("\n")).toBe(0);
  return output;
}

async function sellAndStop(shop: Shop, sales: number): Promise<void> {
  shop.startSelling();
  await shop.sold(sales);
  await shop.stopSelling();
}

/** The card is gone, and with it the store; the newest backup takes its place. */
async function loseAndRestore(shop: Shop): Promise<void> {
  await shop.kill();
  await rm(shop.store, { recursive: true });
  const newest = (await namesIn(shop.file("backups"))).at(-1) ?? "";
  await tillgate(`restore --from ${join(shop.file("backups"), newest)} --store ${shop.store}`);
  await rm(shop.file("backups"), { recursive: true });
  await mkdir(shop.file("backups"));
}

it("a store that is lost twice and restored twice sells on, and headquarters holds every sale, none doubled", async () => {
  await using shop = await Shop.open();
  await mkdir(shop.file("backups"));
  const streams = [shop.daemon.stream];
  await sellAndStop(shop, 20);
  await shop.delivered();

  // Lost with records that headquarters has never seen: the backup has them.
  await shop.stopHq();
  await sellAndStop(shop, 20);
  await tillgate(`backup --store ${shop.store} --to ${shop.file("backups")}`);
  await loseAndRestore(shop);
  shop.startHq();
  await shop.start();
  streams.push(shop.daemon.stream);
  await sellAndStop(shop, 20);

  // Lost when headquarters has more of the stream than the backup.
  await tillgate(`backup --store ${shop.store} --to ${shop.file("backups")}`);
  await sellAndStop(shop, 20);
  await shop.delivered();
  await loseAndRestore(shop);
  await shop.start();
  streams.push(shop.daemon.stream);
  await sellAndStop(shop, 20);

  await Promise.all(shop.terminals.map(payEverything));
  await shop.delivered();
  expect(new Set(streams).size).toBe(3);
  const { transactions, lost, duplicated, wrong } = auditWithCarried(shop);
  expect({ lost, duplicated, wrong }).toEqual({ lost: [], duplicated: [], wrong: [] });
  expect(transactions).toBeGreaterThanOrEqual(100);
  expect(books(shop.hqDatabase)).toMatchObject({ forks: 0, chainBreaks: 0, damaged: 0 });
  const begun = recordBodies(shop.hqDatabase, "gap").filter((body) => body["event"] === "streamBegun");
  expect(new Set(begun.map((body) => body["prevStream"]))).toEqual(new Set(streams.slice(0, 2)));
});

it("a gateway with a backup directory makes the first by itself, says so in health, and shows the last drill", async () => {
  await using shop = await Shop.open({ terminals: 1 });
  await mkdir(shop.file("backups"));
  await sellAndStop(shop, 2);
  await shop.stop();
  await shop.start({ store: { backup: { directory: shop.file("backups") } } });
  await waitUntil("there is a backup", async () =>
    (await namesIn(shop.file("backups"))).some((name) => name.endsWith(".backup")),
  );
  await tillgate(`restore --drill --config ${shop.configFile}`);
  await waitUntil("health shows both", async () => {
    const health = await shop.get("/health");
    return health.includes('"drill"') && health.includes("own disk");
  });
  expect(await shop.metric("tillgate_backup_age_seconds")).toBeLessThan(600);
  expect(await shop.stop()).toBe(0);
});
