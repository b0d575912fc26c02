import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { redact } from "../../../src/config/redact.ts";
import { readSecret, readTls } from "../../../src/config/secrets.ts";
import { Secret } from "../../../src/runtime/secret.ts";
import { tempDir } from "../../support/temp-dir.ts";

const nowhere = { credentialsDirectory: undefined };

async function writeSecret(path: string, text: string, mode = 0o600): Promise<void> {
  await writeFile(path, text);
  await chmod(path, mode);
}

describe("a secret by reference", () => {
  it("comes from a file, without the line end that editors add", async () => {
    await using dir = await tempDir();
    await writeSecret(dir.file("password"), "s3cret\n");
    const reading = await readSecret({ file: dir.file("password") }, nowhere);
    if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
    expect(reading.value.reveal()).toBe("s3cret");
    expect(reading.warnings).toEqual([]);
    expect([JSON.stringify(reading), inspect(reading, { depth: 9 }), String(reading.value)].join()).not.toContain(
      "s3cret",
    );
  });

  it("comes from the credentials directory of the service", async () => {
    await using dir = await tempDir();
    await writeSecret(dir.file("mqtt.password"), "s3cret", 0o400);
    const reading = await readSecret({ credential: "mqtt.password" }, { credentialsDirectory: dir.path });
    expect(reading.ok && reading.value.reveal()).toBe("s3cret");
  });

  it("as a credential without such a directory says how to get one", async () => {
    const reading = await readSecret({ credential: "mqtt.password" }, nowhere);
    const [fault] = reading.ok ? [] : reading.faults;
    expect(fault?.what).toBe("credential mqtt.password");
    expect(fault?.remedy).toContain("LoadCredential=mqtt.password:");
  });

  it("in a file that everyone can read is a warning with the command that mends it", async () => {
    await using dir = await tempDir();
    const path = dir.file("password");
    await writeSecret(path, "s3cret", 0o644);
    expect(await readSecret({ file: path }, nowhere)).toMatchObject({
      ok: true,
      warnings: [{ remedy: `chmod 600 ${path}` }],
    });
  });

  it.each([
    ["does not exist", () => undefined, /^no file /],
    ["is empty", (path: string) => writeFileSync(path, ""), /^an empty file$/],
    ["is a directory", (path: string) => mkdirSync(path), /is not a file$/],
    ["is a pipe that nobody writes into", (path: string) => execFileSync("mkfifo", [path]), /is not a file$/],
    ["is larger than any secret", (path: string) => writeFileSync(path, Buffer.alloc(2 ** 21)), /has 2097152 bytes$/],
  ])("in a file that %s is a fault", async (_, make, found) => {
    await using dir = await tempDir();
    make(dir.file("password"));
    const reading = await readSecret({ file: dir.file("password") }, nowhere);
    expect(reading.ok ? [] : reading.faults.map((fault) => fault.found)).toHaveLength(1);
    expect(reading.ok ? "" : reading.faults[0]?.found).toMatch(found);
  });
});

describe("the files of a tls section", () => {
  it("are read together, and what is not named stays out", async () => {
    await using dir = await tempDir();
    await writeSecret(dir.file("cert.pem"), "CERT", 0o644);
    await writeSecret(dir.file("key.pem"), "KEY");
    const reading = await readTls(
      { servername: "bank.example", cert: dir.file("cert.pem"), key: { file: dir.file("key.pem") } },
      nowhere,
    );
    if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
    expect(Object.keys(reading.value)).toEqual(["servername", "cert", "key"]);
    expect(reading.value.key?.reveal()).toBe("KEY");
  });

  it("that are missing are all named at once", async () => {
    await using dir = await tempDir();
    const reading = await readTls({ ca: dir.file("ca"), cert: dir.file("cert"), key: { credential: "k" } }, nowhere);
    expect(reading.ok ? [] : reading.faults.map(({ what }) => what)).toEqual([
      `file ${dir.file("ca")}`,
      `file ${dir.file("cert")}`,
      "credential k",
    ]);
  });
});

describe("redact", () => {
  it("says where secrets are kept, hides those that are loaded, and leaves the rest as it is", () => {
    expect(
      redact({
        uplink: { password: { credential: "mqtt.password" }, tls: { key: { file: "/k.pem" }, ca: "/ca.pem" } },
        endpoints: [{ host: "h", port: 1 }],
        loaded: new Secret("s3cret"),
        nothing: null,
      }),
    ).toEqual({
      uplink: { password: "credential mqtt.password", tls: { key: "file /k.pem", ca: "/ca.pem" } },
      endpoints: [{ host: "h", port: 1 }],
      loaded: "***",
      nothing: null,
    });
  });
});
