import { z } from "zod";

const usbNumber = z
  .string({ error: 'four hexadecimal digits in quotes, as lsusb shows them, e.g. "0801"' })
  .regex(/^[0-9A-Fa-f]{4}$/)
  .transform((digits) => Number.parseInt(digits, 16));

/** One HID device whose presence and health are watched: what `family: hid` adds to an entry of `terminals`. */
export const hidOptions = z.strictObject({
  family: z
    .literal("hid")
    .describe("A card reader, scanner or scale that is a USB HID device. Takes no payments.")
    .meta({ examples: ["hid"] }),
  vendorId: usbNumber
    .describe("USB vendor number: the four digits before the colon in lsusb.")
    .meta({ examples: ["0801"] }),
  productId: usbNumber
    .describe("USB product number: the four digits after the colon in lsusb.")
    .meta({ examples: ["0011"] }),
  serial: z
    .string()
    .min(1)
    .max(126)
    .exactOptional()
    .describe("USB serial number. Needed only where two devices of one model are plugged in.")
    .meta({ examples: ["B0A1B2C"] }),
  layout: z
    .enum(["magneSafe", "sureSwipe", "presence"])
    .default("presence")
    .describe(
      "What its reports are: magneSafe are MagTek readers that encrypt, sureSwipe are MagTek readers that send tracks in clear (only how well a card was read is looked at), presence reads nothing and watches that the device is there.",
    ),
});

export type HidOptions = z.output<typeof hidOptions>;
