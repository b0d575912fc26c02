import { z } from "zod";
import { peerEndpoint } from "../../runtime/endpoint.ts";
import type { SerialSettings } from "./serial-binding.ts";

interface LinkExample {
  readonly tcp: string;
  /** Of a serial port. */
  readonly path: string;
}

const EXAMPLE: LinkExample = {
  tcp: "192.168.1.50:20007",
  path: "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A10KZP4F-if00-port0",
};

export const ONE_WAY = "either tcp or serial";

/**
 * The `link` option of a family: where its terminal is plugged in, or listens.
 *
 * @param serial  How the protocol has its serial line, where the config does not say otherwise.
 * @param example  Places as people would write them.
 */
export function linkOptions(serial: SerialSettings, example: LinkExample = EXAMPLE) {
  return z
    .strictObject({
      tcp: peerEndpoint
        .exactOptional()
        .describe("Where the terminal listens, host:port.")
        .meta({ examples: [example.tcp] }),
      serial: serialOptions(serial, example.path)
        .exactOptional()
        .describe("The serial port, or the USB adapter that shows itself as one, that the terminal is plugged into."),
    })
    .refine((link) => (link.tcp === undefined) !== (link.serial === undefined), {
      error: ONE_WAY,
      params: { remedy: "write one of the two keys, not both" },
      when: ({ value }) => typeof value === "object" && value !== null,
    })
    .meta({ examples: [{ tcp: example.tcp }] });
}

export type LinkOptions = z.output<ReturnType<typeof linkOptions>>;

function serialOptions({ baudRate, dataBits, parity, stopBits, rtscts }: SerialSettings, example: string) {
  return z.strictObject({
    path: z
      .string({ error: "an absolute path, e.g. /dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A10KZP4F-if00-port0" })
      .regex(/^\/[^\0]+$/)
      .describe("Device node, best its name below /dev/serial/by-id, which stays the same; tillgate check tells it.")
      .meta({ examples: [example] }),
    baudRate: z.int().min(50).max(4_000_000).default(baudRate).describe("Bits a second; must equal the terminal's."),
    dataBits: z.literal([7, 8]).default(dataBits).describe("Data bits of each character; must equal the terminal's."),
    parity: z.enum(["none", "even", "odd"]).default(parity).describe("Parity bit; must equal the terminal's."),
    stopBits: z.literal([1, 2]).default(stopBits).describe("Stop bits of each character."),
    rtscts: z.boolean().default(rtscts).describe("Hardware flow control over the RTS and CTS wires."),
  });
}
