import { appendFile, chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { ChannelReport } from "../../../src/domain/interference.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { udevReader, type UdevEvent } from "../../../src/health/interference/usb/udev-events.ts";
import { UsbProbe } from "../../../src/health/interference/usb/usb-probe.ts";
import { followTool } from "../../../src/runtime/follow-tool.ts";
import { runTool } from "../../../src/runtime/run-tool.ts";
import { SysFiles } from "../../../src/runtime/sys-files.ts";
import { tempDir, type TempDir } from "../../support/temp-dir.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { waitUntil } from "../../support/wait-until.ts";

/*
 * No USB device can be had here. The narrowest seam: the probe, its reader of events and the child process are the real ones;
 * `/sys`, `/dev/kmsg` and the program `udevadm` are look-alikes. What the real `udevadm` does is tried at the end.
 */

const NEVER = new AbortController().signal;
const BUS = "/devices/pci0000:00/0000:00:14.0/usb1";
const path = process.env["PATH"];
afterEach(() => {
  process.env["PATH"] = path;
});

class Shop implements AsyncDisposable {
  readonly dir: TempDir;
  readonly clock = new VirtualClock();
  readonly probe: UsbProbe;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #event = 100;

  constructor(dir: TempDir) {
    this.dir = dir;
    this.probe = new UsbProbe({
      files: new SysFiles(dir.path),
      follow: followTool,
      clock: this.clock,
      random: () => 0.5,
      lowSupply: () => false,
      ports: new Map([[terminalId("T1"), "/dev/serial/by-id/usb-FTDI-port0"]]),
    });
  }

  /** A hub with two adapters; the first one is terminal T1's. */
  async lay(): Promise<void> {
    const place = this.dir.file("sys/bus/usb/devices");
    for (const [name, kind, number] of [
      ["1-1", "09", 2],
      ["1-1.1", "00", 3],
      ["1-1.2", "00", 4],
    ] as const) {
      await mkdir(`${place}/${name}/power`, { recursive: true });
      await writeFile(`${place}/${name}/bDeviceClass`, `${kind}\n`);
      await writeFile(`${place}/${name}/devnum`, `${number}\n`);
      await writeFile(`${place}/${name}/power/control`, "on\n");
    }
    for (const port of ["1-1-port1", "1-1-port2"]) await mkdir(`${place}/1-1:1.0/${port}`, { recursive: true });
    await writeFile(`${place}/1-1:1.0/1-1-port1/over_current_count`, "0\n");
    await this.overCurrents(0);
    await mkdir(this.dir.file("sys/class/tty"), { recursive: true });
    await symlink(`../../..${BUS}/1-1/1-1.1/1-1.1:1.0/ttyUSB0/tty/ttyUSB0`, this.dir.file("sys/class/tty/ttyUSB0"));
    await mkdir(this.dir.file("dev/serial/by-id"), { recursive: true });
    await symlink("../../ttyUSB0", this.dir.file("dev/serial/by-id/usb-FTDI-port0"));
  }

  async overCurrents(count: number): Promise<void> {
    await writeFile(this.dir.file("sys/bus/usb/devices/1-1:1.0/1-1-port2/over_current_count"), `${count}\n`);
  }

  /** A program that prints what is written into a file, and goes on. */
  async tool(name: string, script: string): Promise<void> {
    const bin = this.dir.file("bin");
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
    process.env["PATH"] = `${bin}${delimiter}${path}`;
  }

  async udevadm(): Promise<void> {
    await writeFile(
      this.dir.file("events"),
      "monitor will print the received events for:\nKERNEL - the kernel uevent\n\n",
    );
    await this.tool("udevadm", `exec tail -n +1 -f '${this.dir.file("events")}'`);
  }

  async event(action: "add" | "remove", device: string): Promise<void> {
    this.#event += 1;
    const at = `${BUS}/1-1/${device}`;
    const text = `KERNEL[1.0] ${action} ${at} (usb)\nACTION=${action}\nDEVPATH=${at}\nSEQNUM=${this.#event}\n\n`;
    await appendFile(this.dir.file("events"), text);
  }

  follow(): void {
    this.#running = this.probe.follow(this.#stop.signal);
  }

  async look(device: string): Promise<ChannelReport | undefined> {
    return (await this.probe.look()).find(({ channel }) => channel === `usb:${device}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("over"));
    await this.#running;
  }
}

async function shopIn(dir: TempDir): Promise<Shop> {
  const shop = new Shop(dir);
  await shop.lay();
  return shop;
}

describe("the USB probe", () => {
  test("hears who comes and goes, says whose terminal it is, and judges it", async () => {
    await using dir = await tempDir();
    await using shop = await shopIn(dir);
    await shop.udevadm();
    await writeFile(dir.file("dev/kmsg"), "3,1,1,-;usb 1-1-port1: disabled by hub (EMI?), re-enabling...\n");
    shop.follow();
    await waitUntil("it is heard", async () => (await shop.look("1-1.1"))?.figures["reconnects"] === 0);
    for (let turn = 1; turn <= 3; turn += 1) {
      await shop.clock.pass(15_000);
      await shop.event("remove", "1-1.1");
      await shop.event("add", "1-1.1");
      await waitUntil("it was heard", async () => (await shop.look("1-1.1"))?.figures["reconnects"] === turn);
    }
    const first = await shop.look("1-1.1");
    // What the kernel said before we came is not counted.
    expect(first).toMatchObject({
      terminal: "T1",
      figures: { emiMessages: 0, withOthersOfHub: 0 },
      verdict: { cause: "usbCable" },
    });
    expect(first).not.toHaveProperty("unread");
    const second = await shop.look("1-1.2");
    expect(second).not.toHaveProperty("terminal");
    expect(second).not.toHaveProperty("verdict");
    expect(await shop.look("1-1")).toBeUndefined();
  });

  test("hears what the kernel says of a device, by its name and by its serial port's", async () => {
    await using dir = await tempDir();
    await using shop = await shopIn(dir);
    await shop.udevadm();
    await writeFile(dir.file("dev/kmsg"), "");
    shop.follow();
    await waitUntil("it is heard", async () => (await shop.look("1-1.1"))?.figures["emiMessages"] === 0);
    await appendFile(
      dir.file("dev/kmsg"),
      "3,2,2,-;usb 1-1-port1: disabled by hub (EMI?), re-enabling...\n3,3,3,-;ftdi_sio ttyUSB0: read - urb stopped: -32\n",
    );
    const report = await waitUntil("both are counted", async () => {
      const now = await shop.look("1-1.1");
      return now?.figures["protocolErrors"] === 1 ? now : undefined;
    });
    expect(report.figures).toMatchObject({ emiMessages: 1, protocolErrors: 1 });
  });

  test("reads over-current from the port's counter without any tool", async () => {
    await using dir = await tempDir();
    await using shop = await shopIn(dir);
    await shop.look("1-1.2");
    await shop.overCurrents(1);
    expect(await shop.look("1-1.2")).toMatchObject({ figures: { overCurrents: 1 }, verdict: { cause: "usbPower" } });
  });

  test("knows nothing where udevadm is missing, and says why; it finds it when it comes, in a while", async () => {
    await using dir = await tempDir();
    await using shop = await shopIn(dir);
    process.env["PATH"] = dir.file("bin");
    shop.follow();
    const report = await waitUntil("it is said", async () => {
      const now = await shop.look("1-1.1");
      return now?.unread === undefined ? undefined : now;
    });
    expect(report.figures).toEqual({});
    expect(report.unread?.en).toContain("udevadm is not installed");
    expect(report.unread?.zh).toContain("udevadm");
    await shop.udevadm();
    await waitUntil("it is heard", async () => {
      await shop.clock.pass(600_000);
      return (await shop.look("1-1.1"))?.figures["reconnects"] === 0;
    });
  });

  test("starts udevadm again when it ends; what was meanwhile is not claimed to be known", async () => {
    await using dir = await tempDir();
    await using shop = await shopIn(dir);
    await shop.tool("udevadm", `echo x >> '${dir.file("starts")}'\necho 'no netlink here' >&2\nexit 1`);
    await shop.tool("journalctl", "exit 1");
    shop.follow();
    const report = await waitUntil("it is said", async () => {
      const now = await shop.look("1-1.1");
      return now?.unread?.en.includes("no netlink here") === true ? now : undefined;
    });
    expect(report.figures).toEqual({});
    await shop.udevadm();
    await shop.clock.pass(5_000);
    await waitUntil("it is heard", async () => (await shop.look("1-1.1"))?.figures["reconnects"] === 0);
  });

  test("reads the journal where it may not read /dev/kmsg, and says what it lacks where it may not read that either", async () => {
    await using dir = await tempDir();
    await using shop = await shopIn(dir);
    await shop.udevadm();
    await shop.tool(
      "journalctl",
      "echo 'No journal files were opened due to insufficient permissions.' >&2; exec sleep 600",
    );
    shop.follow();
    const report = await waitUntil("it is said", async () => {
      const now = await shop.look("1-1.1");
      return now?.figures["reconnects"] === 0 && now.unread !== undefined ? now : undefined;
    });
    expect(report.unread?.en).toContain("systemd-journal");
    expect(report.figures).not.toHaveProperty("emiMessages");
  });

  test("follows the journal's lines", async () => {
    await using dir = await tempDir();
    await using shop = await shopIn(dir);
    await shop.udevadm();
    const line = '{"MESSAGE":"usb 1-1-port1: disabled by hub (EMI?), re-enabling...","PRIORITY":"3"}';
    await shop.tool("journalctl", `echo '${line}'; exec sleep 600`);
    shop.follow();
    await waitUntil("it is counted", async () => (await shop.look("1-1.1"))?.figures["emiMessages"] === 1);
  });

  test("is silent on a machine without USB, and starts no tool there", async () => {
    await using dir = await tempDir();
    await using shop = new Shop(dir);
    await shop.tool("udevadm", `touch '${dir.file("started")}'`);
    shop.follow();
    await shop.clock.pass(300_000);
    expect(await shop.probe.look()).toEqual([]);
    expect((await new SysFiles(dir.path).names("/")).includes("started")).toBe(false);
  });
});

const hasUdevadm = (await runTool("udevadm", ["--version"], { timeoutMs: 5_000, signal: NEVER })).ok;
const isRoot = process.getuid?.() === 0;

describe.skipIf(!hasUdevadm)("the real udevadm monitor", () => {
  test("runs, is heard, and ends with its signal", async () => {
    await using dir = await tempDir();
    await using shop = await shopIn(dir);
    await writeFile(dir.file("dev/kmsg"), "");
    shop.follow();
    await waitUntil("it is heard", async () => (await shop.look("1-1.1"))?.figures["reconnects"] === 0);
  });

  test.skipIf(!isRoot)("prints a kernel event so that it is understood", async () => {
    const stop = new AbortController();
    const events: UdevEvent[] = [];
    const read = udevReader();
    let isListening = false;
    const ended = followTool(
      {
        command: "udevadm",
        args: ["monitor", "--udev", "--kernel", "--subsystem-match=mem", "--property"],
        onStart: () => undefined,
        onText: (text) => {
          isListening = true;
          events.push(...read(text));
        },
        onComplaint: () => undefined,
      },
      stop.signal,
    );
    try {
      await waitUntil("it listens", () => isListening);
      // Asks the kernel to tell of a device that is there anyhow (Documentation/ABI/testing/sysfs-uevent).
      await writeFile("/sys/class/mem/null/uevent", "change");
      await waitUntil("the event came", () => events.length > 0);
    } finally {
      stop.abort();
      expect(await ended).toMatchObject({ because: "aborted" });
    }
    expect(events[0]).toMatchObject({
      source: "kernel",
      action: "change",
      path: "/devices/virtual/mem/null",
      properties: { SUBSYSTEM: "mem", DEVNAME: "/dev/null" },
    });
  });
});
