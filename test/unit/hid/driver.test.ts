import { describe, expect, it } from "vitest";
import { DeviceError, type DeviceNews, type DeviceSession } from "../../../src/domain/device.ts";
import type { HidListing } from "../../../src/drivers/hid/hid-port.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { hidDriver } from "../../../src/drivers/hid/index.ts";
import { hidOptions } from "../../../src/drivers/hid/options.ts";
import { type Clock, systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeHid } from "../../support/fake-hid.ts";
import { magneSafeReport, sureSwipeReport } from "../../support/swipe-reports.ts";
import { waitUntil } from "../../support/wait-until.ts";

const never = new AbortController().signal;
const READER: HidListing = {
  path: "/dev/hidraw0",
  vendorId: 0x0801,
  productId: 0x0011,
  serial: "B0A1B2C",
  product: "Dynamag",
  usagePage: 0xff00,
  usage: 1,
};

/** A clock whose sleepers wake when the test says so. */
class SleepClock {
  readonly asked: number[] = [];
  readonly #sleepers = new Set<() => void>();
  readonly clock: Clock = {
    ...systemClock(),
    sleep: async (ms, signal) => {
      this.asked.push(ms);
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        this.#sleepers.add(resolve);
        signal.addEventListener("abort", () => reject(new Error("stopped", { cause: signal.reason })), { once: true });
      }).finally(() => signal.throwIfAborted());
    },
  };

  wake(): void {
    const sleepers = [...this.#sleepers];
    this.#sleepers.clear();
    for (const wake of sleepers) wake();
  }
}

function tokenise(): never {
  throw new Error("a reader's driver has no card to tokenise");
}

function rig(options: { readonly layout?: string; readonly serial?: string } = {}, random = 0.5) {
  const usb = new FakeHid();
  const news: DeviceNews[] = [];
  let look: (() => unknown) | undefined;
  const time = new SleepClock();
  const checked = hidOptions.parse({ family: "hid", vendorId: "0801", productId: "0011", ...options });
  const heard = (one: DeviceNews): void => {
    look?.();
    news.push(one);
  };
  const onNews = (then: () => unknown): void => {
    look = then;
  };
  const driver = hidDriver(
    terminalId("reader-1"),
    checked,
    { clock: time.clock, log: silentLog, random: () => random, tokenise, news: heard },
    usb,
  );
  return { usb, news, time, driver, onNews };
}

async function refusal(opening: Promise<DeviceSession>): Promise<DeviceError> {
  const error: unknown = await opening.then(
    () => new Error("it was opened"),
    (reason: unknown) => reason,
  );
  if (error instanceof DeviceError) return error;
  throw error;
}

describe("a HID device", () => {
  it("is ready when it is plugged in, and says who it is", async () => {
    const { usb, driver } = rig();
    usb.plug(READER);
    await using session = await driver.open(never);
    expect(session.identity).toEqual({ serial: "B0A1B2C", model: "Dynamag" });
    expect(await session.poll(never)).toEqual({ state: "ready" });
  });

  it("takes no payments", async () => {
    const { usb, driver } = rig();
    usb.plug(READER);
    await using session = await driver.open(never);
    expect(driver.abilities.payments.size).toBe(0);
    await expect(session.settle(never)).rejects.toMatchObject({ code: "notSupported" });
    await expect(session.recover("reset", never)).rejects.toMatchObject({ code: "notSupported" });
    await expect(session.diagnose(never)).rejects.toMatchObject({ code: "notSupported" });
    await expect(session.lastTransaction(never)).rejects.toMatchObject({ code: "notSupported" });
  });

  it("is absent, with what to do in both languages, when it is not plugged in", async () => {
    const error = await refusal(rig().driver.open(never));
    expect(error.code).toBe("absent");
    expect(error.message).toMatch(/0801:0011 is not plugged in.*lsusb.*请插好设备/s);
  });

  it("ends when reading fails, and opens again when it is plugged in again", async () => {
    const { usb, driver } = rig();
    usb.plug(READER);
    const session = await driver.open(never);
    usb.unplug(READER.path, true);
    expect(await session.ended).toMatchObject({
      code: "linkLost",
      detail: { found: "could not read from HID device" },
    });
    await expect(session.poll(never)).rejects.toMatchObject({ code: "linkLost" });
    await session[Symbol.asyncDispose]();
    expect(usb.openPaths).toEqual([]);
    expect((await refusal(driver.open(never))).code).toBe("absent");
    usb.plug({ ...READER, path: "/dev/hidraw3" });
    await using again = await driver.open(never);
    expect(await again.poll(never)).toEqual({ state: "ready" });
    expect(driver.counters()).toMatchObject({ opened: 2, lost: 1 });
  });

  it("ends when it only goes from the list, which is looked at every 2 to 5 s", async () => {
    const { usb, driver, time } = rig({}, 0.25);
    usb.plug(READER);
    const session = await driver.open(never);
    time.wake();
    await waitUntil("it has looked once", () => time.asked.length === 2);
    expect(time.asked).toEqual([2750, 2750]);
    usb.unplug(READER.path, false);
    time.wake();
    expect(await session.ended).toMatchObject({ code: "linkLost", detail: { found: "unplugged" } });
    await session[Symbol.asyncDispose]();
  });

  it("is not given up because the list cannot be had for once", async () => {
    const { usb, driver, time } = rig();
    usb.plug(READER);
    await using session = await driver.open(never);
    usb.listFailure = new Error("udev is away");
    time.wake();
    await waitUntil("it has looked", () => time.asked.length === 2);
    await expect(session.poll(never)).rejects.toMatchObject({ code: "unreachable", detail: { found: "udev is away" } });
    usb.listFailure = undefined;
    expect(await session.poll(never)).toEqual({ state: "ready" });
  });

  it("is polled for no longer once it is closed", async () => {
    const { usb, driver, time } = rig();
    usb.plug(READER);
    const session = await driver.open(never);
    await session[Symbol.asyncDispose]();
    expect(await session.ended).toMatchObject({ code: "closed" });
    time.wake();
    expect(time.asked).toHaveLength(1);
    expect(usb.openPaths).toEqual([]);
    expect(driver.counters()).toMatchObject({ lost: 0 });
  });

  it("that works as a keyboard is not used, and what to do is said", async () => {
    const { usb, driver } = rig();
    usb.plug({ ...READER, usagePage: 0x01, usage: 0x06 });
    const error = await refusal(driver.open(never));
    expect(error.code).toBe("notSupported");
    expect(error.message).toMatch(/works as a keyboard.*HID POS.*HID POS/s);
    expect(usb.openPaths).toEqual([]);
  });

  it("is used by its collection for tills where it is a keyboard as well", async () => {
    const { usb, driver } = rig();
    usb.plug(
      { ...READER, path: "/dev/hidraw1", usagePage: 0x01, usage: 0x06 },
      { ...READER, usagePage: 0x8c, usage: 2 },
    );
    await using session = await driver.open(never);
    expect(usb.openPaths).toEqual(["/dev/hidraw0"]);
    expect(session.identity.model).toBe("Dynamag");
  });

  it("that may not be opened says the udev rules that mend it, in both languages", async () => {
    const { usb, driver } = rig();
    usb.plug(READER);
    usb.refusal = "cannot open device with path /dev/hidraw0: Failed to open a device: Permission denied";
    const error = await refusal(driver.open(never));
    expect(error.code).toBe("notPermitted");
    expect(error.message).toContain('SUBSYSTEM=="usb", ATTRS{idVendor}=="0801", MODE="0660"');
    expect(error.message).toContain('KERNEL=="hidraw*", ATTRS{idVendor}=="0801", MODE="0660"');
    expect(error.message).toMatch(/plug the device in again.*重新插拔设备/s);
  });

  it("is told apart by serial number, and not chosen blindly", async () => {
    const other = { ...READER, path: "/dev/hidraw1", serial: "B0FFFFF" };
    const chosen = rig({ serial: "B0FFFFF" });
    chosen.usb.plug(READER, other);
    await using session = await chosen.driver.open(never);
    expect(session.identity.serial).toBe("B0FFFFF");

    const blind = rig();
    blind.usb.plug(READER, other);
    expect(await refusal(blind.driver.open(never))).toMatchObject({ code: "wrongTerminal" });

    const wrong = rig({ serial: "B0FFFFF" });
    wrong.usb.plug(READER);
    expect(await refusal(wrong.driver.open(never))).toMatchObject({ code: "wrongTerminal" });
  });
});

describe("a card reader that encrypts", () => {
  it("tells how a card was read, and never what was on it", async () => {
    const { usb, driver, news } = rig({ layout: "magneSafe" });
    usb.plug(READER);
    await using session = await driver.open(never);
    const report = usb.send(READER.path, magneSafeReport({ status: [0, 1, 0] }));
    expect(news).toEqual([
      {
        type: "swiped",
        tracks: ["read", "error", "empty"],
        encrypted: true,
        detail: { encodeType: "iso", encryptionStatus: "0006", hasKsn: true, readerSerial: "B0A1B2C" },
      },
    ]);
    expect(report.every((byte) => byte === 0)).toBe(true);
    expect(driver.counters()).toMatchObject({ swipes: 1, track1Errors: 0, track2Errors: 1, track3Errors: 0 });
    expect(await session.poll(never)).toEqual({ state: "ready" });
  });

  it("is at fault while it has no key, and well when it has one", async () => {
    const { usb, driver, news } = rig({ layout: "magneSafe" });
    usb.plug(READER);
    await using session = await driver.open(never);
    usb.send(READER.path, magneSafeReport({ ksn: new Uint8Array(10) }));
    usb.send(READER.path, magneSafeReport({ ksn: new Uint8Array(10) }));
    const fault = { state: "fault", reason: "readerDoesNotEncrypt", remedy: "technician" };
    expect(await session.poll(never)).toEqual(fault);
    usb.send(READER.path, magneSafeReport());
    expect(await session.poll(never)).toEqual({ state: "ready" });
    expect(news.filter(({ type }) => type === "condition")).toEqual([
      { type: "condition", condition: fault },
      { type: "condition", condition: { state: "ready" } },
    ]);
  });

  it.each([
    [{ bytes: 337 }, "truncated"],
    [{ lengths: [200, 0, 0] }, "garbage"],
  ] as const)("that sends %j has a fault on its line", async (parts, fault) => {
    const { usb, driver, news } = rig({ layout: "magneSafe" });
    usb.plug(READER);
    await using session = await driver.open(never);
    const report = usb.send(READER.path, magneSafeReport(parts));
    expect(news).toEqual([{ type: "lineFault", fault }]);
    expect(report.every((byte) => byte === 0)).toBe(true);
    expect(driver.counters()).toMatchObject({ badReports: 1, swipes: 0 });
    await session.poll(never);
  });
});

describe("a card reader that sends tracks in clear", () => {
  it("tells how a card was read, and the report is zero before anybody hears of it", async () => {
    const { usb, driver, news, onNews } = rig({ layout: "sureSwipe" });
    usb.plug(READER);
    await using session = await driver.open(never);
    const report = sureSwipeReport({ status: [1, 0, 0] });
    const wasZero: boolean[] = [];
    onNews(() => wasZero.push(report.every((byte) => byte === 0)));
    usb.send(READER.path, report);
    expect(wasZero).toEqual([true]);
    expect(news).toEqual([{ type: "swiped", tracks: ["error", "read", "empty"], encrypted: false }]);
    const emitted = JSON.stringify([news, driver.counters(), session.identity, await session.poll(never)]);
    expect(emitted).not.toMatch(/4111|TESTER|3012/);
  });

  it("says in its state that cards pass in clear", async () => {
    const { usb, driver } = rig({ layout: "sureSwipe" });
    usb.plug(READER);
    await using session = await driver.open(never);
    expect(await session.poll(never)).toEqual({ state: "ready", reason: "clearTrackReader" });
  });

  it("is diagnosed by asking for its feature report, which is zeroed too", async () => {
    const { usb, driver } = rig({ layout: "sureSwipe" });
    usb.plug(READER);
    await using session = await driver.open(never);
    const report = new Uint8Array(24).fill(0x41);
    usb.featureReport = async () => report;
    expect(await session.diagnose(never)).toEqual({ outcome: "passed" });
    expect(report.every((byte) => byte === 0)).toBe(true);
    usb.featureReport = async () => Promise.reject(new Error("could not get feature report"));
    expect(await session.diagnose(never)).toEqual({ outcome: "failed", reason: "featureReportRefused" });
  });
});

describe("a device that is only watched", () => {
  it("has its reports zeroed unread", async () => {
    const { usb, driver, news } = rig();
    usb.plug({ ...READER, usagePage: 0x8c, usage: 2 });
    await using session = await driver.open(never);
    const report = usb.send(READER.path, sureSwipeReport());
    expect(report.every((byte) => byte === 0)).toBe(true);
    expect(news).toEqual([]);
    expect(await session.poll(never)).toEqual({ state: "ready" });
  });
});
