import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  messageOfJournal,
  messageOfKmsg,
  parseKernelLine,
} from "../../../../src/health/interference/usb/kernel-lines.ts";
import { udevReader } from "../../../../src/health/interference/usb/udev-events.ts";
import { happenings, type UsbHappening } from "../../../../src/health/interference/usb/usb-happening.ts";
import { deviceAtPort, deviceInPath, hubOf } from "../../../../src/health/interference/usb/usb-names.ts";

function said(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");
}

function heard(pieces: readonly string[]): readonly UsbHappening[] {
  const read = udevReader();
  const happeningOf = happenings();
  return pieces.flatMap((piece) => read(piece)).flatMap((event) => happeningOf(event) ?? []);
}

describe("what udevadm monitor prints", () => {
  const now = [
    { what: "gone", device: "1-1.2" },
    { what: "came", device: "1-1.2" },
    { what: "overCurrent", device: "1-1.3", count: 2 },
  ];

  test("is each event once, whichever source tells it; interfaces, binding and other properties are nothing", () => {
    expect(heard([said("udevadm-systemd252.txt")])).toEqual(now);
  });

  test("may come in pieces that are cut anywhere", () => {
    const text = said("udevadm-systemd252.txt");
    for (const size of [1, 7, 100, 1_000]) {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
        text.slice(at * size, (at + 1) * size),
      );
      expect(heard(pieces)).toEqual(now);
    }
  });

  test("is understood of the oldest udev too: no event numbers, no device types, strange lines between", () => {
    expect(heard([said("udevadm-old.txt")])).toEqual([
      { what: "gone", device: "7-5" },
      { what: "came", device: "7-5" },
    ]);
  });

  test("is nothing where it is something else", () => {
    expect(
      heard(["Failed to initialize the monitor\n\n", "\n\n\n", "KERNEL[1.2] add\n\n", "x".repeat(200_000)]),
    ).toEqual([]);
  });

  test("stays understood after an event that never ends", () => {
    const read = udevReader();
    expect(read("x".repeat(200_000))).toEqual([]);
    expect(read("\n\nKERNEL[1.2] add /devices/usb1/1-1 (usb)\n\n")).toHaveLength(1);
  });
});

describe("what the kernel says of USB", () => {
  test("in the words of 6.1, as records of /dev/kmsg; what a program wrote there itself is not the kernel's", () => {
    const lines = said("kmsg-6.1.txt").split("\n");
    expect(lines.flatMap((line) => messageOfKmsg(line) ?? []).flatMap((text) => parseKernelLine(text) ?? [])).toEqual([
      { about: "1-1.2", saying: "emi" },
      { about: "1-2", saying: "cable" },
      { about: "1-1.2", saying: "protocol" },
      { about: "1-1.2", saying: "protocol" },
      { about: "ttyUSB0", saying: "protocol" },
      { about: "1-1.2", saying: "reset" },
      { about: "2-1", saying: "reset" },
      { about: "1-1.3", saying: "overCurrent" },
    ]);
  });

  test("in the words of 2.6.32, which names hubs and counts their ports", () => {
    const lines = said("dmesg-2.6.32.txt").split("\n");
    expect(lines.flatMap((text) => parseKernelLine(text) ?? [])).toEqual([
      { about: "3-1", saying: "emi" },
      { about: "3-1", saying: "overCurrent" },
      { about: "1-1.2", saying: "cable" },
      { about: "3-1", saying: "reset" },
    ]);
  });

  test("as the journal gives it; without a message, with one of raw bytes, or broken, it is nothing", () => {
    expect(messageOfJournal('{"MESSAGE":"usb 1-1: x","PRIORITY":"3","_NEW":{"a":[1]}}')).toBe("usb 1-1: x");
    for (const line of ['{"PRIORITY":"3"}', '{"MESSAGE":[117,115]}', '{"MESSAGE":"usb', "", "null", "7"])
      expect(messageOfJournal(line)).toBeUndefined();
  });
});

test("a socket's name tells its hub, and a port's name its socket", () => {
  expect(hubOf("1-1.2.3")).toBe("1-1.2");
  expect(hubOf("1-1")).toBe("usb1");
  expect(deviceAtPort("usb12-port2")).toBe("12-2");
  expect(deviceAtPort("1-1.4-port2")).toBe("1-1.4.2");
  expect(deviceAtPort("over_current_count")).toBeUndefined();
  expect(deviceInPath("../../devices/x/usb1/1-1/1-1.2/1-1.2:1.0/ttyUSB0/tty/ttyUSB0")).toBe("1-1.2");
  expect(deviceInPath("../../devices/platform/serial8250/tty/ttyS0")).toBeUndefined();
});
