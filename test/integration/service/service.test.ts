import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { LOCAL_TOKEN_FILE } from "../../../src/local-token.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { systemdNotify } from "../../../src/runtime/sd-notify.ts";
import { type Daemon, launchDaemon } from "../../support/daemon.ts";
import { notifyReceiver } from "../../support/notify-receiver.ts";
import { smallDisk } from "../../support/small-disk.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";

const PATIENT = { withinMs: 60_000 };
/** Nobody listens there: headquarters and the terminal are away. */
const NOWHERE = "127.0.0.1:9";

async function launched(
  directory: string,
  store: string,
  env: readonly string[],
): Promise<ReturnType<typeof launchDaemon>> {
  const config = {
    site: { tenant: "acme", site: "shop-1", gateway: "gw-1", currency: "EUR", timezone: "Europe/Berlin" },
    store: { directory: store, allowVolatile: true, ballastMb: 0, minFreeMb: 1, quotaMb: 64 },
    uplink: { url: `mqtt://${NOWHERE}`, keepaliveS: 5 },
    http: { listen: "127.0.0.1:0" },
    terminals: [{ id: "till-1", family: "zvt", link: { tcp: NOWHERE } }],
  };
  const file = `${directory}/tillgate.yaml`;
  await writeFile(file, JSON.stringify(config));
  return launchDaemon(file, { prefix: ["env", ...env] });
}

async function livez({ http }: Daemon): Promise<number> {
  return (await fetch(`http://${http}/livez`)).status;
}

describe("a service of systemd", () => {
  test("is ready when everything runs, although headquarters and terminals are away; is alive while it is; says that it stops", async () => {
    await using dir = await tempDir("tillgate-service-");
    const socket = dir.file("notify");
    await using systemd = await notifyReceiver(socket);
    const start = await launched(dir.path, dir.file("store"), [`NOTIFY_SOCKET=${socket}`, "WATCHDOG_USEC=1000000"]);
    try {
      const daemon = await start.ready;
      await waitUntil("it is ready", () => systemd.count("READY=1") === 1, PATIENT);
      expect(await livez(daemon), "it answers by then").toBe(200);
      expect(systemd.count("WATCHDOG=1"), "no sign of life before").toBeLessThanOrEqual(
        systemd.heard.length - 1 - systemd.heard.findIndex(({ lines }) => lines.includes("READY=1")),
      );
      await waitUntil("it gives signs of life", () => systemd.count("WATCHDOG=1") >= 4, PATIENT);
      const states = systemd.heard.flatMap(({ lines }) => lines.filter((line) => line.startsWith("STATUS=")));
      expect(states.some((state) => /^STATUS=(warn|fail|unknown): .+/.test(state))).toBe(true);

      expect(await daemon.stop()).toBe(0);
      await waitUntil("the stop is heard", () => systemd.count("STOPPING=1") === 1);
      expect(systemd.count("READY=1")).toBe(1);
      expect(systemd.heard.at(-1)?.lines).toContain("STOPPING=1");
      expect(
        new Set(systemd.heard.map(({ pid }) => pid)),
        "no tool that it runs, such as timedatectl, speaks in its name",
      ).toEqual(new Set([daemon.pid]));
    } finally {
      await start.kill();
    }
  });

  test("gives no sign of life while the store hangs, and again when it answers", async () => {
    await using dir = await tempDir("tillgate-service-");
    await using disk = await smallDisk();
    const store = `${disk.path}/store`;
    const socket = `@tillgate-test-${process.pid}`;
    await using systemd = await notifyReceiver(socket);
    const start = await launched(dir.path, store, [`NOTIFY_SOCKET=${socket}`, "WATCHDOG_USEC=400000"]);
    try {
      const daemon = await start.ready;
      await waitUntil("it is alive", () => systemd.count("WATCHDOG=1") >= 2, PATIENT);
      const token = await readFile(`${store}/${LOCAL_TOKEN_FILE}`, "utf8");
      await disk.freeze();
      // Something to write, at which the store's thread then hangs.
      const pausing = fetch(`http://${daemon.http}/api/v1/terminals/till-1/pause`, {
        method: "POST",
        headers: { authorization: `Bearer ${token.trim()}`, "content-type": "application/json" },
        body: JSON.stringify({ who: "test", reason: "the disk hangs" }),
      }).catch(() => undefined);
      const told = "STATUS=store does not answer";
      await waitUntil("the silence is told", () => systemd.count(told) >= 1, PATIENT);
      const alive = systemd.count("WATCHDOG=1");
      expect(await livez(daemon), "the same judgement").toBe(503);
      await waitUntil("it is told again", () => systemd.count(told) >= 2, PATIENT);
      expect(systemd.count("WATCHDOG=1")).toBe(alive);

      await disk.thaw();
      await waitUntil("it is alive again", () => systemd.count("WATCHDOG=1") > alive, PATIENT);
      await pausing;
      expect(await livez(daemon)).toBe(200);
      expect(await daemon.stop()).toBe(0);
    } finally {
      await disk.thaw();
      await start.kill();
    }
  });

  test("speaks through systemd-notify where the socket cannot be had", async () => {
    await using dir = await tempDir("tillgate-service-");
    const socket = dir.file("notify");
    await using systemd = await notifyReceiver(socket);
    const notify = await systemdNotify(
      { NOTIFY_SOCKET: socket },
      { log: silentLog, load: async () => Promise.reject(new Error("no koffi here")) },
    );
    await notify?.(["READY=1", "STATUS=pass"]);
    await waitUntil("it is heard", () => systemd.count("READY=1") === 1);
    expect(systemd.count("STATUS=pass")).toBe(1);
  });
});
