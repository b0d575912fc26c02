import { describe, expect, test } from "vitest";
import { unixAddress } from "../../../src/runtime/libc.ts";
import { type Log, silentLog } from "../../../src/runtime/log.ts";
import { systemdNotify, takeServiceEnvironment, watchdogEveryMs } from "../../../src/runtime/sd-notify.ts";

test("the watchdog hears from us twice in its time, and only when it is ours", () => {
  expect(watchdogEveryMs({ WATCHDOG_USEC: "60000000" }, 7)).toBe(30_000);
  expect(watchdogEveryMs({ WATCHDOG_USEC: "60000000", WATCHDOG_PID: "7" }, 7)).toBe(30_000);
  expect(watchdogEveryMs({ WATCHDOG_USEC: "60000000", WATCHDOG_PID: "8" }, 7)).toBeUndefined();
  for (const usec of [undefined, "", "0", "-1", "1e6", "soon"])
    expect(watchdogEveryMs({ WATCHDOG_USEC: usec }, 7)).toBeUndefined();
});

test("what systemd said stays with us, and no tool inherits it", () => {
  const env = { PATH: "/bin", NOTIFY_SOCKET: "/run/notify", WATCHDOG_USEC: "1000000", WATCHDOG_PID: "7" };
  expect(takeServiceEnvironment(env)).toEqual({
    NOTIFY_SOCKET: "/run/notify",
    WATCHDOG_USEC: "1000000",
    WATCHDOG_PID: "7",
  });
  expect(env).toEqual({ PATH: "/bin" });
});

test("a socket is a path or an abstract name", () => {
  expect(unixAddress("/run/notify")?.toString("latin1")).toBe("\x01\0/run/notify\0");
  expect(unixAddress("@notify")?.toString("latin1")).toBe("\x01\0\0notify");
  for (const name of ["", "@", "run/notify", "vsock:2:1", `/${"x".repeat(108)}`])
    expect(unixAddress(name), name).toBeUndefined();
});

describe("what cannot be told", () => {
  test("nobody asks: nothing is loaded", async () => {
    const { log, warned } = listening();
    const load = loadsNothing;
    expect(await systemdNotify({}, { log, load })).toBeUndefined();
    expect(await systemdNotify({ NOTIFY_SOCKET: "vsock:2:1" }, { log, load })).toBeUndefined();
    expect(warned).toEqual(["notify.unknown-socket"]);
  });

  test("a socket that takes nothing is said once, and again after it took something", async () => {
    const { log, warned } = listening();
    const errnos = [2, 2, 0, 11];
    const load = async (): Promise<() => number> => Promise.resolve(() => errnos.shift() ?? 0);
    const notify = await systemdNotify({ NOTIFY_SOCKET: "/run/notify" }, { log, load });
    for (let i = 0; i < 4; i += 1) await notify?.(["WATCHDOG=1"]);
    expect(warned).toEqual(["notify.failed", "notify.failed"]);
  });

  test("without koffi and without the tool the daemon goes on, and says so once", async () => {
    const { log, warned } = listening();
    const notify = await systemdNotify(
      { NOTIFY_SOCKET: "/run/notify" },
      {
        log,
        load: async () => Promise.reject(new Error("no koffi here")),
        tool: async () => Promise.resolve({ ok: false, because: "missing", stderr: "" }),
      },
    );
    await notify?.(["READY=1"]);
    await notify?.(["WATCHDOG=1"]);
    expect(warned).toEqual(["notify.through-tool", "notify.failed"]);
  });
});

function listening(): { readonly log: Log; readonly warned: string[] } {
  const warned: string[] = [];
  return { log: { ...silentLog, warn: (event) => warned.push(event) }, warned };
}

async function loadsNothing(): Promise<never> {
  return Promise.reject(new Error("loaded"));
}
