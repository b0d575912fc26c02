import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { DeviceError } from "../../../src/domain/device.ts";
import { hidFindings, lookAtHid } from "../../../src/drivers/hid/hid-check.ts";
import { nodeHidPort } from "../../../src/drivers/hid/node-hid-port.ts";
import { hidOptions } from "../../../src/drivers/hid/options.ts";
import { FakeHid } from "../../support/fake-hid.ts";
import { tempDir } from "../../support/temp-dir.ts";

const READER = { vendorId: 0x0801, productId: 0x0011, usagePage: 0x8e, usage: 1, product: "Dynamag" };
const TARGET = { vendorId: 0x0801, productId: 0x0011 };

describe("what check says of a HID device", () => {
  it("is fine when it is there and permitted", async () => {
    await using dir = await tempDir();
    const path = dir.file("hidraw0");
    await writeFile(path, "");
    const usb = new FakeHid();
    usb.plug({ ...READER, path });
    expect(hidFindings("terminal reader-1", await lookAtHid(TARGET, usb))).toEqual([
      {
        level: "ok",
        what: "terminal reader-1",
        found: `Dynamag is there (${path}), and this user may open it`,
        remedy: "nothing",
      },
    ]);
  });

  it("has the udev rules where it is there and not permitted", async () => {
    const usb = new FakeHid();
    usb.plug({ ...READER, path: "/nowhere/hidraw0" });
    const [finding] = hidFindings("terminal reader-1", await lookAtHid(TARGET, usb));
    expect(finding?.level).toBe("error");
    expect(finding?.remedy).toContain('KERNEL=="hidraw*", ATTRS{idVendor}=="0801"');
  });

  it("says that it is not plugged in", async () => {
    const [finding] = hidFindings("t", await lookAtHid(TARGET, new FakeHid()));
    expect(finding).toMatchObject({ level: "error", found: "USB device 0801:0011 is not plugged in" });
  });

  it.each([
    ["Error: Failed to find binding for HID_hidraw\nTried paths:", "optional packages"],
    ["libusb-1.0.so.0: cannot open shared object file: No such file or directory", "apt install libusb-1.0-0"],
  ])("only warns where node-hid cannot be loaded: %s", async (text, remedy) => {
    const port = nodeHidPort(async () => Promise.reject(new Error(text)));
    const [finding] = hidFindings("t", await lookAtHid(TARGET, port));
    expect(finding?.level).toBe("warning");
    expect(finding?.remedy).toContain(remedy);
    await expect(port.open("/dev/hidraw0", () => undefined)).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("node-hid", () => {
  it("lists this machine's devices, or says why it cannot be used here", async () => {
    const listed: unknown = await nodeHidPort()
      .list()
      .catch((error: unknown) => error);
    if (listed instanceof DeviceError) expect(listed.code).toBe("unavailable");
    else expect(listed).toBeInstanceOf(Array);
  });

  it("is spoken to in its own terms", async () => {
    const asked: unknown[] = [];
    const listeners = new Map<string, (value: never) => void>();
    const device = {
      on: (event: string, listener: (value: never) => void) => listeners.set(event, listener),
      getFeatureReport: async (...args: readonly number[]) => {
        asked.push(args);
        return Buffer.from([0, 1, 2]);
      },
      close: async () => {
        asked.push("close");
      },
    };
    const port = nodeHidPort(async () => ({
      devicesAsync: async () => [
        { path: "/dev/hidraw0", vendorId: 1, productId: 2, serialNumber: "", product: "P", usagePage: 0x8e, usage: 1 },
        { vendorId: 1, productId: 2 },
      ],
      HIDAsync: { open: async () => device },
    }));
    expect(await port.list()).toEqual([
      { path: "/dev/hidraw0", vendorId: 1, productId: 2, product: "P", usagePage: 0x8e, usage: 1 },
    ]);
    const handle = await port.open("/dev/hidraw0", () => undefined);
    expect(await handle.featureReport(0, 2)).toEqual(Buffer.from([1, 2]));
    await handle[Symbol.asyncDispose]();
    expect(asked).toEqual([[0, 3], "close"]);
    expect([...listeners.keys()].toSorted()).toEqual(["data", "error"]);
  });
});

describe("the options of a HID device", () => {
  const device = { family: "hid", vendorId: "0801", productId: "0A1f" };

  it("read USB numbers as lsusb shows them", () => {
    expect(hidOptions.parse(device)).toEqual({ ...device, vendorId: 0x0801, productId: 0x0a1f, layout: "presence" });
  });

  it.each([
    [{ vendorId: 801 }],
    [{ vendorId: "801" }],
    [{ productId: "0x01" }],
    [{ layout: "track" }],
    [{ serial: "" }],
  ])("refuse %j", (wrong) => {
    expect(hidOptions.safeParse({ ...device, ...wrong }).success).toBe(false);
  });
});
