import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { expect, it } from "vitest";
import { backupCheck } from "../../../src/cli/check/backup-check.ts";
import type { StoreConfig } from "../../../src/config/schema.ts";
import { load, ACQUIRERS, SITE, UPLINK } from "../../unit/config/a-config.ts";
import { tempDir } from "../../support/temp-dir.ts";

function storeOf(keys: string): StoreConfig {
  const loaded = load(`${SITE}${UPLINK}${ACQUIRERS}store: { ${keys} }`);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config.store;
}

it("looks whether backups can be written, and whether they would survive the store's disk", async () => {
  await using dir = await tempDir();
  const check = async (target: string) =>
    backupCheck(storeOf(`directory: ${dir.path}, backup: { directory: ${target} }`));
  expect(await backupCheck(storeOf(`directory: ${dir.path}`))).toEqual([]);
  expect(await check(dir.file("absent"))).toMatchObject([
    { level: "warning", found: `there is no directory ${dir.file("absent")}` },
  ]);
  await mkdir(dir.file("backups"));
  const [own] = await check(dir.file("backups"));
  expect(own?.level).toBe("warning");
  expect(own?.found).toContain("own disk");
  const elsewhere = await mkdtemp("/dev/shm/tillgate-");
  try {
    expect(await check(elsewhere)).toMatchObject([{ level: "ok" }]);
  } finally {
    await rm(elsewhere, { recursive: true });
  }
});

it("finds a slip in headquarters' public key before somebody needs it", async () => {
  const good = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
  expect(await backupCheck(storeOf(`rescueRecipient: ${good}`))).toMatchObject([{ level: "ok" }]);
  expect(await backupCheck(storeOf(`rescueRecipient: ${good.replace("3z7", "3z8")}`))).toMatchObject([
    { level: "error" },
  ]);
});
