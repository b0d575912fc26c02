import { describe, expect, it } from "vitest";
import { linkOptions } from "../../../src/drivers/transport/link-options.ts";
import { linkPlace } from "../../../src/drivers/transport/link-place.ts";

const schema = linkOptions({ baudRate: 9600, dataBits: 8, parity: "none", stopBits: 2, rtscts: false });

describe("the link option", () => {
  it("fills in how the family has its serial line", () => {
    expect(schema.parse({ serial: { path: "/dev/ttyUSB0", baudRate: 115_200 } })).toEqual({
      serial: { path: "/dev/ttyUSB0", baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 2, rtscts: false },
    });
  });

  it.each([
    [{ tcp: "192.168.1.50:20007" }, "tcp", "192.168.1.50:20007"],
    [{ serial: { path: "/dev/serial/by-id/usb-X" } }, "serial", "/dev/serial/by-id/usb-X"],
  ])("leads to the place that it names", (link, kind, name) => {
    expect(linkPlace(schema.parse(link))).toMatchObject({ kind, name });
  });

  it.each([
    [{}],
    [{ tcp: "10.0.0.1:1", serial: { path: "/dev/ttyUSB0" } }],
    [{ tcp: "10.0.0.1" }],
    [{ tcp: "10.0.0.1:0" }],
    [{ serial: { path: "ttyUSB0" } }],
    [{ serial: { path: "/dev/ttyUSB0", stopBits: 3 } }],
    [{ serial: { path: "/dev/ttyUSB0", baudRate: 0 } }],
    [{ serial: { path: "/dev/ttyUSB0", hupcl: true } }],
  ])("refuses %j", (link) => {
    expect(schema.safeParse(link).success).toBe(false);
  });
});
