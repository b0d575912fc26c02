import { expect, it } from "vitest";
import { books } from "../../../src/sim/hq/books.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { Shop } from "../../support/shop.ts";
import { hqKeys, printedKey, tillgate } from "./a-rescue.ts";

it("what was carried by hand counts once when the line comes back and everything is sent again", async () => {
  await using keys = await tempDir();
  const hq = await hqKeys(keys);
  await using shop = await Shop.open();
  shop.startSelling();
  await shop.sold(20);
  await shop.stopHq();
  await shop.broker.kill();
  await shop.sold(30);
  await shop.stopSelling();

  const file = keys.file("carried");
  const out = `rescue export --config ${shop.configFile} --recipient ${hq.recipient} --out ${file}`;
  const exported = await tillgate(out);
  expect(exported).toMatchObject({ code: 0, complained: [] });
  const imported = await tillgate(
    `rescue import ${file} --identity ${hq.identity} --into ${shop.hqDatabase} --gateway-key ${printedKey(exported)}`,
  );
  expect(imported).toMatchObject({ code: 0, complained: [] });
  // All that was sold is at headquarters, although no line has been up since.
  const { lost, duplicated, wrong } = shop.audit();
  expect({ lost, duplicated, wrong }).toEqual({ lost: [], duplicated: [], wrong: [] });

  await shop.broker.restart();
  shop.startHq();
  shop.startSelling();
  await shop.sold(20);
  const settled = await shop.settle();
  expect(settled).toMatchObject({ lost: [], duplicated: [], wrong: [] });
  expect(settled.hq).toMatchObject({ forks: 0, chainBreaks: 0, gaps: 0, damaged: 0 });
  expect(settled.hq.duplicates).toBeGreaterThan(0);
  expect(books(shop.hqDatabase).streams).toHaveLength(1);
});
