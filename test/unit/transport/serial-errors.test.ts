import { describe, expect, it } from "vitest";
import { serialOpenCode } from "../../../src/drivers/transport/serial-errors.ts";

describe("why a serial port cannot be opened", () => {
  it.each([
    ["Error: No such file or directory, cannot open /dev/ttyUSB0", "absent"],
    ["Error: No such device or address, cannot open /dev/ttyUSB0", "absent"],
    ["Error: No such device, cannot open /dev/ttyUSB0", "absent"],
    ["Error: Permission denied, cannot open /dev/ttyUSB0", "notPermitted"],
    ["Error: Operation not permitted, cannot open /dev/ttyUSB0", "notPermitted"],
    ["Error: Device or resource busy, cannot open /dev/ttyUSB0", "inUse"],
    ["Error Resource temporarily unavailable Cannot lock port", "inUse"],
    ["Error: Inappropriate ioctl for device setting custom baud rate of 9600", "unreachable"],
    ["Error: Input/output error, cannot open /dev/ttyS3", "unreachable"],
  ])("is told by the binding's text: %s", (text, code) => {
    expect(serialOpenCode(new Error(text))).toBe(code);
  });

  it("is told by the code of Node's own calls", () => {
    expect(serialOpenCode(Object.assign(new Error("x"), { code: "EACCES" }))).toBe("notPermitted");
    expect(serialOpenCode(Object.assign(new Error("x"), { code: "ENOENT" }))).toBe("absent");
  });
});
