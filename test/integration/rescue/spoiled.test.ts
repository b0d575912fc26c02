import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { gunzipSync, gzipSync } from "node:zlib";
import { Decrypter, Encrypter } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { envelopeHash } from "../../../src/contract/envelope-hash.ts";
import { canonicalJson } from "../../../src/domain/canonical-json.ts";
import { seq } from "../../../src/domain/record.ts";
import { gatewayKey } from "../../../src/rescue/gateway-key.ts";
import { type RescueManifest, signedBytes, trailerSchema } from "../../../src/rescue/manifest.ts";
import { ledgerIn } from "../../contract/ledger/a-ledger.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { type HqKeys, hqKeys, printedKey, sellFor, tillgate } from "./a-rescue.ts";

let dir: TempDir;
let hq: HqKeys;
let key: string;
let sealed: Buffer;
let lines: readonly string[];

beforeAll(async () => {
  dir = await tempDir("tillgate-spoiled-");
  hq = await hqKeys(dir);
  await using ledger = await ledgerIn(dir.file("store"));
  await sellFor(ledger, 1, 40);
  const out = dir.file("good.rescue");
  key = printedKey(
    await tillgate(`rescue export --store ${dir.file("store")} --recipient ${hq.recipient} --out ${out}`),
  );
  sealed = await readFile(out);
  const decrypter = new Decrypter();
  decrypter.addIdentity((await readFile(hq.identity, "utf8")).trimEnd().split("\n").at(-1) ?? "");
  lines = gunzipSync(await decrypter.decrypt(sealed))
    .toString("utf8")
    .trimEnd()
    .split("\n");
});

afterAll(async () => {
  await dir[Symbol.asyncDispose]();
});

/** What an import of these bytes is refused with. */
async function refusedWith(bytes: Uint8Array, identity = hq.identity): Promise<string> {
  const file = dir.file("spoiled.rescue");
  const into = dir.file("untouched.db");
  await writeFile(file, bytes);
  const { code, complained } = await tillgate(
    `rescue import ${file} --identity ${identity} --into ${into} --gateway-key ${key} --gateway a/b/c`,
  );
  expect(code).toBe(1);
  // Nothing was begun: not even the database is there.
  expect(existsSync(into)).toBe(false);
  return complained.join("\n");
}

/** As somebody who has headquarters' public key, which is everybody, could make it. */
async function encrypted(content: readonly string[], recipient = hq.recipient): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return encrypter.encrypt(gzipSync(content.map((line) => `${line}\n`).join("")));
}

const envelope = z.looseObject({ prevHash: z.string(), hash: z.string() });

/** The last line anew, signed by the gateway, with something in it that is not so. */
async function signedAnew(differs: Partial<RescueManifest>): Promise<string> {
  const { manifest } = trailerSchema.parse(JSON.parse(lines.at(-1) ?? ""));
  const lie = { ...manifest, ...differs };
  const signature = (await gatewayKey(dir.file("store"))).sign(signedBytes(lie)).toString("base64");
  return JSON.stringify({ manifest: lie, signature });
}

describe("a rescue file is refused whole, with what to do,", () => {
  it("when it is cut off, wherever", async () => {
    for (const share of [0.2, 0.5, 0.9]) {
      expect(await refusedWith(sealed.subarray(0, sealed.length * share))).toMatch(/^rescue\.damaged.*Copy the file/);
    }
    expect(await refusedWith(sealed.subarray(0, -1))).toMatch(/^rescue\.damaged/);
    expect(await refusedWith(sealed.subarray(0, 10))).toMatch(/^rescue\.notARescueFile/);
  });

  it("when any bit of it was changed", async () => {
    for (let at = 30; at < sealed.length; at += Math.ceil(sealed.length / 40)) {
      const spoiled = Buffer.from(sealed);
      spoiled[at] = (spoiled[at] ?? 0) ^ 1;
      expect(await refusedWith(spoiled), `bit at ${at}`).toMatch(/^rescue\.(damaged|otherRecipient)/);
    }
  });

  it("when it is for somebody else, or the identity is none", async () => {
    const other = await hqKeys(dir, "other");
    expect(await refusedWith(sealed, other.identity)).toMatch(/^rescue\.otherRecipient.*store\.rescueRecipient/);
    await writeFile(dir.file("no.key"), "AGE-SECRET-KEY-1NONSENSE\n");
    const said = await refusedWith(sealed, dir.file("no.key"));
    expect(said).toMatch(/^rescue\.badIdentity/);
    expect(said).not.toContain("NONSENSE");
  });

  it("when it is not encrypted, or holds something else", async () => {
    expect(await refusedWith(Buffer.from("a holiday picture, say ".repeat(9)))).toMatch(/^rescue\.notARescueFile/);
    expect(await refusedWith(await encrypted(['{"some":"thing"}']))).toMatch(/^rescue\.notARescueFile/);
    expect(await refusedWith(await encrypted([]))).toMatch(/^rescue\.damaged/);
  });

  it("when a newer tillgate wrote it", async () => {
    const newer = '{"format":"tillgate-rescue","version":2}';
    expect(await refusedWith(await encrypted([newer, ...lines.slice(1)]))).toMatch(/^rescue\.newerFormat/);
  });

  it("when somebody without the gateway's key put it together from true records", async () => {
    const [format = "", ...rest] = lines;
    const records = rest.slice(0, -1);
    const trailer = rest.at(-1) ?? "";
    for (const content of [
      [format, ...records.slice(1), trailer],
      [format, ...records.slice(0, -1), trailer],
      [format, ...records.toSpliced(20, 1), trailer],
      [format, ...records.toReversed(), trailer],
      [format, ...records, records.at(-1) ?? "", trailer],
      [format, ...records],
      // The same content, and its hash fits: but not the bytes that were signed.
      [format, ...records.map((text) => text.replace('{"at":', '{ "at":')), trailer],
      [...lines, "{}"],
    ]) {
      expect(await refusedWith(await encrypted(content))).toMatch(/^rescue\.damaged/);
    }
  });

  it("when a record was changed, its own hash made to fit", async () => {
    const [format = "", first = "", ...rest] = lines;
    const changed = { ...envelope.parse(JSON.parse(first)), terminal: "till-9" };
    const forged = canonicalJson({ ...changed, hash: envelopeHash(changed) });
    expect(await refusedWith(await encrypted([format, forged, ...rest]))).toMatch(/^rescue\.damaged/);
    expect(await refusedWith(await encrypted([format, canonicalJson(changed), ...rest]))).toContain("hash");
  });

  it("when its manifest was changed, or another's signature put under it", async () => {
    const trailer = lines.at(-1) ?? "";
    for (const spoiled of [
      trailer.replace('"count":40', '"count":41'),
      trailer.replace(/"signature":"../, '"signature":"AA'),
      trailer.replace('"sums"', '"sum"'),
      '{"manifest":',
    ]) {
      expect(spoiled).not.toBe(trailer);
      expect(await refusedWith(await encrypted([...lines.slice(0, -1), spoiled]))).toMatch(/^rescue\.damaged/);
    }
  });

  it("when the gateway itself signed what is not so", async () => {
    const lies: readonly Partial<RescueManifest>[] = [
      { count: 39 },
      { headHash: "0".repeat(64) },
      { sums: [] },
      { from: seq(2) },
    ];
    for (const lie of lies) {
      const content = [...lines.slice(0, -1), await signedAnew(lie)];
      expect(await refusedWith(await encrypted(content)), JSON.stringify(lie)).toMatch(/^rescue\.damaged/);
    }
    // The same way with the truth gets through the door that the others were stopped at.
    const truth = await encrypted([...lines.slice(0, -1), await signedAnew({})]);
    await writeFile(dir.file("true.rescue"), truth);
    const { code } = await tillgate(
      `rescue import ${dir.file("true.rescue")} --identity ${hq.identity} --jsonl ${dir.file("true.jsonl")} --gateway-key ${key}`,
    );
    expect(code).toBe(0);
  });

  it("when one for another headquarters was passed on to this one", async () => {
    const other = await hqKeys(dir, "neighbour");
    const passedOn = [...lines.slice(0, -1), await signedAnew({ recipient: other.recipient })];
    expect(await refusedWith(await encrypted(passedOn))).toContain("passed it on");
  });

  it("and leaves nothing readable behind", async () => {
    await refusedWith(await encrypted([...lines.slice(0, -1), "{}"]));
    expect((await readdir(tmpdir())).filter((name) => name.startsWith("tillgate-hidden-"))).toEqual([]);
  });
});
