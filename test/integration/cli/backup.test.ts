import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { main } from "../../../src/cli/program.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { sell } from "../backup/a-store.ts";

/** A config whose store has sold three times and whose backups may stay three. */
async function shop() {
  const dir = await tempDir();
  await mkdir(dir.file("backups"));
  await sell(dir.file("store"), 3);
  const config = dir.file("tillgate.yaml");
  await writeFile(
    config,
    `
site: { tenant: acme, site: shop-1, gateway: g1 }
store: { directory: ${dir.file("store")}, allowVolatile: true, backup: { directory: ${dir.file("backups")}, keep: 3 } }
uplink: { url: "mqtt://127.0.0.1" }
acquirers: [{ id: bank, family: iso8583, listen: "127.0.0.1:0", endpoints: ["127.0.0.1:1"] }]
`,
  );
  return Object.assign(dir, { config });
}

async function tillgate(command: string): Promise<CapturedOutput & { readonly code: number }> {
  const output = new CapturedOutput();
  const code = await main(command.split(" "), output);
  return Object.assign(output, { code });
}

it("backs up where the config says, says where and what, and keeps as many as the config says", async () => {
  await using dir = await shop();
  const first = await tillgate(`backup --config ${dir.config}`);
  expect(first.code).toBe(0);
  expect(first.printed[0]).toMatch(/-000000000003-[^/]*\.backup$/);
  expect(first.printed[1]).toContain("3 records");
  expect(first.complained[0]).toContain("own disk");
  for (let n = 0; n < 4; n += 1) {
    await sell(dir.file("store"), 1);
    await tillgate(`backup --config ${dir.config} --json`);
  }
  expect(await readdir(dir.file("backups"))).toHaveLength(3);
  // Elsewhere nobody said how many.
  await mkdir(dir.file("usb"));
  const json = await tillgate(`backup --config ${dir.config} --to ${dir.file("usb")} --json`);
  expect(JSON.parse(json.printed.join("\n"))).toMatchObject({
    manifest: { records: 7 },
    removed: [],
    onStoresDisk: true,
  });
});

it("ends with 1 and the remedy when it cannot", async () => {
  await using dir = await shop();
  const absent = await tillgate(`backup --config ${dir.config} --to ${dir.file("absent")}`);
  expect(absent).toMatchObject({ code: 1, printed: [] });
  expect(absent.complained[0]).toMatch(/^backup\.noDirectory: .*Mount/);
});

it("tries the newest backup of the config's store by itself, and notes it there", async () => {
  await using dir = await shop();
  expect((await tillgate(`restore --drill --config ${dir.config}`)).code).toBe(64);
  await tillgate(`backup --config ${dir.config}`);
  const drilled = await tillgate(`restore --drill --config ${dir.config}`);
  expect(drilled.code).toBe(0);
  expect(drilled.printed[0]).toContain("3 records");
  const noted = await readFile(join(dir.file("store"), "restore-drill.json"), "utf8");
  expect(JSON.parse(noted)).toMatchObject({ ok: true, records: 3 });

  const [name = ""] = await readdir(dir.file("backups"));
  const backup = join(dir.file("backups"), name);
  await writeFile(backup, (await readFile(backup)).fill(0, 4_096, 12_000));
  const failed = await tillgate(`restore --drill --config ${dir.config} --json`);
  expect(failed.code).toBe(1);
  expect(JSON.parse(failed.printed.join("\n"))).toMatchObject({ ok: false, code: "backup.notWhole" });
  expect(JSON.parse(await readFile(join(dir.file("store"), "restore-drill.json"), "utf8"))).toMatchObject({
    ok: false,
  });
});

it("restores, names the new stream, and says what to carry from what was there", async () => {
  await using dir = await shop();
  await tillgate(`backup --config ${dir.config}`);
  const [name = ""] = await readdir(dir.file("backups"));
  const backup = join(dir.file("backups"), name);
  await sell(dir.file("store"), 2);
  const refused = await tillgate(`restore --config ${dir.config} --from ${backup}`);
  expect(refused).toMatchObject({ code: 1, printed: [] });
  expect(refused.complained[0]).toMatch(/^restore\.notEmpty: .*--set-aside/);
  const restored = await tillgate(`restore --config ${dir.config} --from ${backup} --set-aside`);
  expect(restored.code).toBe(0);
  expect(restored.printed.join("\n")).toMatch(/3 records .*\n.*go on as stream .*: 3 carried over/);
  expect(restored.printed.join("\n")).toContain("2 records that the backup does not");
  expect((await tillgate(`journal verify --config ${dir.config}`)).printed[0]).toMatch(/^4 records/);
});
