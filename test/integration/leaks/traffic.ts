import { inventCard } from "../../../src/sim/terminal/card.ts";
import { seededRandom } from "../../../src/sim/seeded-random.ts";
import type { Terminal } from "../../../src/sim/terminal/terminal.ts";
import type { Sensitive } from "../../support/leak-search.ts";
import { WireAcquirer } from "../../support/relay-rig.ts";
import { Shop } from "../../support/shop.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { chattyAnswer, chattySale, grouped, say, UNDECODABLE } from "./hostile-frames.ts";

const TERMINALS = 12;
/** Each of them has an address of its own, so that each one's rubbish is said aloud. */
const addressOf = (number: number): string => `127.0.0.${100 + number}`;

export async function openShop(main?: string): Promise<Shop> {
  return Shop.open({
    terminals: TERMINALS,
    acquirer: { habits: { declineRate: 0.15, silentRate: 0.03 } },
    listed: (number) => ({ address: addressOf(number) }),
    ...(main === undefined ? {} : { main }),
  });
}

/** A whole day at one terminal: everything that it can do, with every kind of card. Ends with an upload of all details. */
export async function aDay(shop: Shop, terminal: Terminal): Promise<void> {
  const verdict = { domestic: "notBalanced", foreign: "notBalanced" } as const;
  shop.acquirer.next({ on: "settlement", de41: terminal.de41, verdict });
  await terminal.signIn();
  await terminal.download();
  for (const method of ["chip", "contactless", "magstripe", "keyed"] as const) {
    for (let sale = 0; sale < 5; sale += 1) await terminal.sale(10_000 + sale, { method, pin: true });
  }
  await terminal.sale(500, { withoutCardNumber: true });
  await terminal.sale(700, { chipFails: true });
  for (const sale of terminal
    .journal()
    .filter(({ result }) => result === "approved")
    .slice(0, 2))
    await terminal.void(sale);
  const hold = await terminal.preAuth(50_000);
  if (hold.shown === "approved") await terminal.completion(hold.entry, 40_000);
  shop.acquirer.next({ delivery: "silent", de41: terminal.de41 });
  await terminal.sale(900);
  await terminal.payDebts();
  await terminal.settle();
  await terminal.echo();
  await terminal.signOff();
}

/** Says what nobody should say. @returns the secrets in it. */
export async function sayHostileThings(shop: Shop): Promise<readonly Sensitive[]> {
  const random = seededRandom(99);
  const secrets: Sensitive[] = [];
  const card = (what: string): string => {
    const { pan } = inventCard(random);
    secrets.push({ name: what, value: pan }, { name: `${what}, in groups`, value: grouped(pan) });
    return pan;
  };
  const { relay } = shop.ports;
  for (const [index, hostile] of UNDECODABLE.entries()) {
    await say(relay, hostile.with(card(hostile.what)), addressOf(index + 1));
  }
  await waitUntil(
    "rubbish was seen",
    async () => (await shop.metric("tillgate_driver_events_total", "undecodable")) >= 4,
  );
  await say(relay, chattySale(card("texts of the terminal"), "TG000011", "000901"), addressOf(11));

  // A host that says numbers aloud: ours does not, so another one takes its place.
  const pan = card("texts of the host");
  await using host = await WireAcquirer.listen();
  host.answer = (_, socket) => void socket.write(chattyAnswer(pan, "TG000012", "000902"));
  await shop.stop();
  await shop.start({ relay: { endpoints: [`127.0.0.1:${host.port}`] } });
  await say(relay, chattySale(pan, "TG000012", "000902"), addressOf(12));
  await shop.delivered();
  await shop.stop();
  await shop.start({ relay: {} });
  return secrets;
}
