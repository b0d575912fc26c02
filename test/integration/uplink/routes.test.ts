import { expect, test } from "vitest";
import { shopInterface } from "../../support/shop-interface.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { Rig } from "./rig.ts";

test("a session goes over to the backup line and back again, the same records under the same keys", async () => {
  await using rig = await Rig.start();
  await using dsl = await shopInterface();
  rig.hq();
  const observer = await rig.observer();
  const { uplink } = rig.uplink(
    {
      routes: [
        { name: "dsl", interface: dsl.name },
        { name: "lte", sourceAddress: "127.0.0.3" },
      ],
      pubackDeadlineMs: 1_000,
      connectTimeoutMs: 1_000,
      timing: { routeProbeMs: 100, routeBackupAtLeastMs: 300 },
    },
    { record: async (draft) => rig.ledger.append(draft) },
  );
  await rig.sell(5);
  await rig.settled();
  expect(uplink.state()).toMatchObject({ route: "dsl", routePreferred: undefined, routeMoves: 0 });

  await dsl.takeAddress();
  await rig.sell(200);
  await waitUntil("the backup carries", () => uplink.state().connected && uplink.state().route === "lte");
  expect(uplink.state()).toMatchObject({ routePreferred: "dsl", routes: ["dsl", "lte"] });
  expect(await rig.settled()).toMatchObject({ rows: 206, forks: 0, gaps: 0 });

  const before = observer.on("/status").length;
  await dsl.giveAddress();
  await rig.sell(200);
  await waitUntil("it is back", () => uplink.state().connected && uplink.state().routeMoves === 2);
  expect(uplink.state()).toMatchObject({ route: "dsl", routePreferred: undefined });
  await rig.sell(5);
  expect(await rig.settled()).toMatchObject({ rows: 412, forks: 0, gaps: 0, chainBreaks: 0 });
  const said = observer.on("/status").slice(before);
  expect(said.map(({ text }) => text).join(), "it left politely: no will").not.toContain("offline");

  expect(rig.bodies("link")).toEqual([
    { event: "routeChanged", of: "uplink", from: "dsl", to: "lte", because: "failed" },
    { event: "routeChanged", of: "uplink", from: "lte", to: "dsl", because: "recovered" },
  ]);
});

test("with one line that has no address, it waits for it and says so", async () => {
  await using rig = await Rig.start();
  await using dsl = await shopInterface();
  await dsl.takeAddress();
  const { uplink } = rig.uplink({ routes: [{ name: "dsl", interface: dsl.name }] });
  const error = await waitUntil("it is said", () => uplink.state().lastError);
  expect(error).toMatchObject({ kind: "line", reason: `route dsl: ${dsl.name} has no address now` });
  await dsl.giveAddress();
  await waitUntil("it is connected", () => uplink.state().connected);
});
