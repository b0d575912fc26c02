import { once } from "node:events";
import { connect } from "node:net";
import {
  composeWire,
  type Envelope,
  lllBytes,
  lllDigits,
  llDigits,
  packed,
  type RawField,
  text,
} from "../../../src/sim/acquirer/compose.ts";
import { USUAL_FRAMING } from "../../../src/sim/acquirer/frames.ts";

const ENVELOPE: Envelope = {
  tpdu: packed("6000030000"),
  header: packed("603100310100"),
  mac: "none",
};
const DE42 = "999290153110001";

/** A message that a tired programmer, a broken device or an attacker could have made. */
interface HostileFrame {
  readonly what: string;
  readonly with: (pan: string) => Buffer;
}

function frame(mti: string, fields: readonly RawField[]): Buffer {
  return composeWire(mti, fields, ENVELOPE, USUAL_FRAMING);
}

const STAN: RawField = [11, packed("000001")];

/** Bytes that cannot be read to their end, each with a card number in another place. */
export const UNDECODABLE: readonly HostileFrame[] = [
  {
    what: "number in no protocol of ours",
    with: (pan) => Buffer.from(`GET /pay?card=${pan} HTTP/1.1\r\nX-Card: ${pan}\r\n\r\n`),
  },
  {
    what: "number before letters in the amount",
    with: (pan) => frame("0200", [[2, llDigits(pan)], [4, packed("0000000A12BC")], STAN]),
  },
  {
    what: "number before a cut",
    with: (pan) => shortened(frame("0200", [[2, llDigits(pan)], [4, packed("000000012345")], STAN])),
  },
  { what: "number that is too long", with: (pan) => frame("0200", [[2, packed(`37${pan.padEnd(38, "0")}`)], STAN]) },
  { what: "number in a field that nobody knows", with: (pan) => frame("0200", [[10, text(pan, 19)], STAN]) },
  { what: "track whose length lies", with: (pan) => frame("0200", [[35, packed(`99${pan.padEnd(20, "D")}2912`)]]) },
  { what: "number behind the end", with: (pan) => lengthened(frame("0800", [STAN]), Buffer.from(pan)) },
];

function shortened(whole: Buffer): Buffer {
  const bytes = Buffer.from(whole.subarray(0, -6));
  bytes.writeUInt16BE(bytes.length - 2, 0);
  return bytes;
}

function lengthened(whole: Buffer, rest: Buffer): Buffer {
  const bytes = Buffer.concat([whole, rest]);
  bytes.writeUInt16BE(bytes.length - 2, 0);
  return bytes;
}

/** A sale that can be read, with the number in every text that a terminal may fill as it likes. */
export function chattySale(pan: string, de41: string, stan: string): Buffer {
  const said = lllBytes(Buffer.from(`card ${pan} / ${grouped(pan)}`, "latin1"));
  return frame("0200", [
    [2, llDigits(pan)],
    [3, packed("000000")],
    [4, packed("000000004200")],
    [11, packed(stan)],
    [22, packed("0120")],
    [25, packed("00")],
    [41, text(de41, 8)],
    [42, text(DE42, 15)],
    [46, said],
    [49, text("156", 3)],
    [59, said],
    [60, lllDigits("22000001000601")],
    [62, said],
    [63, said],
  ]);
}

/** What a careless host says to it. */
export function chattyAnswer(pan: string, de41: string, stan: string): Buffer {
  const said = Buffer.from(`CUPcard ${pan} is ${grouped(pan)}, no: ${pan}${pan.slice(0, 4)}`, "latin1");
  return frame("0210", [
    [2, llDigits(pan)],
    [3, packed("000000")],
    [4, packed("000000004200")],
    [11, packed(stan)],
    [39, text("05", 2)],
    [41, text(de41, 8)],
    [42, text(DE42, 15)],
    [44, Buffer.concat([packed("22"), text(pan, 22)])],
    [54, lllBytes(text(pan, 20))],
    [62, lllBytes(Buffer.from(pan))],
    [63, lllBytes(said)],
  ]);
}

/** As people write it. */
export function grouped(pan: string): string {
  return pan.match(/.{1,4}/g)?.join(" ") ?? pan;
}

/** Sends bytes as a terminal at that address would, and waits for what comes back or the end. */
export async function say(port: number, bytes: Buffer, localAddress: string): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port, localAddress });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const over = new Promise<void>((resolve) => {
    for (const event of ["data", "close"]) socket.once(event, () => resolve());
    // A frame that never ends gets no answer: 200 ms are enough for it to be cut, relayed and looked at.
    socket.setTimeout(200, resolve);
  });
  socket.write(bytes);
  await over;
  socket.destroy();
}
