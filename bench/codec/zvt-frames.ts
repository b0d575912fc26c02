import { decodeMessage } from "../../src/drivers/zvt/codec/messages.ts";
import { BlockReader, encodeBlock } from "../../src/drivers/zvt/codec/block.ts";
import { ApduCutter } from "../../src/drivers/zvt/codec/apdu-cutter.ts";
import { encodeApdu } from "../../src/drivers/zvt/codec/apdu.ts";
import type { Reading } from "../../src/drivers/zvt/codec/status-tlv.ts";
import { ascii, bcd, bmp, joined, tlv } from "../../src/drivers/zvt/codec/writing.ts";

/** What a terminal sends while one card is paid with. */
const PAYMENT: readonly Uint8Array[] = [
  encodeApdu(0x8000),
  encodeApdu(0x04ff, Uint8Array.of(0x0a)),
  encodeApdu(0x04ff, joined(Uint8Array.of(0x04, 0x02), bmp(0x06, tlv(0x24, tlv(0x07, ascii("Bitte warten")))))),
  encodeApdu(
    0x040f,
    joined(
      bmp(0x27, Uint8Array.of(0)),
      bmp(0x04, bcd(1234, 6)),
      bmp(0x49, bcd(978, 2)),
      bmp(0x0b, bcd(815, 3)),
      bmp(0x0c, bcd(123_456, 3)),
      bmp(0x0d, bcd(1126, 2)),
      bmp(0x17, bcd(1, 2)),
      bmp(0x19, Uint8Array.of(0x70)),
      bmp(0x22, Uint8Array.of(0x67, 0x12, 0x34, 0xee, 0xee, 0xee, 0x00, 0x01)),
      bmp(0x29, bcd(52_000_123, 4)),
      bmp(0x2a, ascii("4556677".padEnd(15))),
      bmp(0x3b, ascii("123456\0\0")),
      bmp(0x87, bcd(42, 2)),
      bmp(0x8a, Uint8Array.of(5)),
      bmp(0x8b, ascii("girocard\0")),
      bmp(0x06, tlv(0x1f12, Uint8Array.of(1))),
    ),
  ),
  encodeApdu(0x06d1, joined(Uint8Array.of(0), ascii("** Kundenbeleg **"))),
  encodeApdu(0x06d1, joined(Uint8Array.of(0), ascii("Betrag EUR        12,34"))),
  encodeApdu(0x060f, new Uint8Array(0)),
];

const READING: Reading = { charset: "cp437" };

export const FRAMES = PAYMENT.length;

const SERIAL = new Uint8Array(Buffer.concat(PAYMENT.map((apdu) => encodeBlock(apdu))));
const TCP = new Uint8Array(Buffer.concat(PAYMENT));

const blocks = new BlockReader();
const apdus = new ApduCutter();

/** Reads {@link FRAMES} frames from serial blocks. @throws Error when one of them is not read. */
export function decodeSerial(): unknown {
  const items = blocks.push(SERIAL);
  if (items.length !== FRAMES) throw new Error(`${items.length} of ${FRAMES} frames`);
  return items.map((item) => (item.kind === "apdu" ? decodeMessage(item.apdu, READING) : item));
}

/** The same from a TCP stream. */
export function decodeTcp(): unknown {
  const cuts = apdus.push(TCP);
  if (cuts.length !== FRAMES) throw new Error(`${cuts.length} of ${FRAMES} frames`);
  return cuts.map((cut) => (cut.kind === "apdu" ? decodeMessage(cut.apdu, READING) : cut));
}
