import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { expect, it } from "vitest";
import { seq } from "../../../src/domain/record.ts";
import { fillLedger, overwrite, recordsIn } from "../../support/damaged-ledger.ts";
import { carriedEnvelope, envelopesIn, quarantinedSchema } from "../../support/ledger-reading.ts";
import { smallDisk } from "../../support/small-disk.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { clockWith, ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";

const MIB = 2 ** 20;
const NO_BALLAST = { ballast: 0 };

it("without room for all records twice, what HQ has confirmed stays behind, and is counted", async () => {
  await using disk = await smallDisk(24);
  const directory = `${disk.path}/store`;
  await fillLedger(directory, 6_000, 500, { space: NO_BALLAST });
  const written = recordsIn(directory);
  {
    await using ledger = await ledgerIn(directory, { space: NO_BALLAST });
    await ledger.confirm(seq(5_000));
  }
  await overwrite(`${directory}/ledger.db`, 0, Buffer.alloc(100));
  await using ledger = await ledgerIn(directory, { space: NO_BALLAST });
  const envelopes = await envelopesIn(ledger);
  const carried = envelopes.filter(({ kind }) => kind === "carried").map(carriedEnvelope);
  expect(carried).toEqual(written.slice(5_000));
  const last = quarantinedSchema.parse(envelopes.at(-1)?.body);
  expect(last.heldByHq?.count).toBe(5_000);
  expect(last.leftBehind.count).toBe(0);
});

it("on a full disk the ballast makes room for a new stream, and selling goes on", async () => {
  await using disk = await smallDisk(24);
  const directory = `${disk.path}/store`;
  const space = { ballast: 4 * MIB, minFree: MIB };
  await fillLedger(directory, 800, 500, { space });
  const written = recordsIn(directory);
  {
    const clock = clockWith({ sleep: async () => new Promise((resolve) => setTimeout(resolve, 50)) });
    await using ledger = await ledgerIn(directory, { clock, space });
    await waitUntil("the ballast is whole", () => ledger.space.ballast === "whole");
  }
  await overwrite(`${directory}/ledger.db`, 0, Buffer.alloc(100));
  await disk.fill();
  await using ledger = await ledgerIn(directory, { space });
  expect(existsSync(`${directory}/ballast`)).toBe(false);
  expect(ledger.openedAs.begun?.because).toBe("salvaged");
  const carried = (await envelopesIn(ledger)).filter(({ kind }) => kind === "carried").map(carriedEnvelope);
  expect(carried).toEqual(written);
  expect(await ledger.append(sale(1))).toBe(ledger.durable);
});

it("on a disk that has room for hardly anything, selling goes on, and what had to stay behind is counted", async () => {
  await using disk = await smallDisk(24);
  const directory = `${disk.path}/store`;
  const space = { ballast: MIB, minFree: MIB };
  await fillLedger(directory, 9_000, 500, { space });
  {
    const clock = clockWith({ sleep: async () => new Promise((resolve) => setTimeout(resolve, 50)) });
    await using ledger = await ledgerIn(directory, { clock, space });
    await waitUntil("the ballast is whole", () => ledger.space.ballast === "whole");
  }
  await overwrite(`${directory}/ledger.db`, 0, Buffer.alloc(100));
  const { size } = await stat(`${directory}/ledger.db`);
  expect(size).toBeGreaterThan(4 * MIB);
  await disk.fill();
  await using ledger = await ledgerIn(directory, { space });
  expect(await ledger.append(sale(1))).toBe(ledger.durable);
  const envelopes = await envelopesIn(ledger);
  expect(envelopes.filter(({ kind }) => kind === "carried")).toEqual([]);
  expect(quarantinedSchema.parse(envelopes[1]?.body).leftBehind.count).toBe(9_000);
  expect((await stat(`${directory}/${quarantinedSchema.parse(envelopes[1]?.body).name}/ledger.db`)).size).toBe(size);
});
