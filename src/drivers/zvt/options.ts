import { z } from "zod";
import { secretReference } from "../../runtime/secret-reference.ts";
import { linkOptions } from "../transport/link-options.ts";

const HEX_IN_WORDS = 'two hexadecimal digits in quotes, e.g. "9E"';

function hexByte() {
  return z.string({ error: HEX_IN_WORDS }).regex(/^[0-9A-Fa-f]{2}$/, { error: HEX_IN_WORDS });
}

/** What a `terminals` entry of `family: zvt` says beside its name. */
export const zvtOptions = z.strictObject({
  family: z
    .literal("zvt")
    .describe("Protocol that the terminal speaks.")
    .meta({ examples: ["zvt"] }),
  link: linkOptions({ baudRate: 9600, dataBits: 8, parity: "none", stopBits: 2, rtscts: false }).describe(
    "Where it is: on TCP most terminals listen on port 20007.",
  ),
  password: secretReference
    .exactOptional()
    .describe("The terminal's password, six digits. Without it: 000000, which many terminals come with.")
    .meta({ examples: [{ credential: "zvt.password" }] }),
  configByte: hexByte()
    .default("9E")
    .describe(
      'What the till does and the terminal does not: bits 02 payment receipts, 04 other receipts, 08 intermediate status, 10 payments begin here, 20 administration begins here, 80 printing as lines and blocks. "9E" brings every receipt here; "98" leaves printing to the terminal.',
    ),
  serviceByte: hexByte()
    .exactOptional()
    .describe("Bits 01 no service menu at the terminal, 02 its texts in capitals. Left out: not sent.")
    .meta({ examples: ["00"] }),
  paymentType: hexByte()
    .default("40")
    .describe("How a sale is paid (field 19): 40 leaves it to the terminal, 44 also permits a tip."),
  answerTimeoutMs: z
    .int()
    .min(1000)
    .max(60_000)
    .default(5000)
    .describe("Milliseconds that the terminal has for taking a command (T3)."),
  ackTimeoutMs: z
    .int()
    .min(1000)
    .max(15_000)
    .default(5000)
    .describe("Milliseconds from a block to its ACK, before it is sent again (T2). Serial only."),
  completionTimeoutS: z
    .int()
    .min(30)
    .max(900)
    .default(180)
    .describe("Seconds that the terminal may be silent while it carries a command out (T4)."),
  hostCodes: z
    .enum(["decimal", "bcd"])
    .default("decimal")
    .describe(
      "How a host's two-digit code stands in a result byte: decimal reads 33 hex as 51 (the specification), bcd reads 51 hex as 51 (some firmware).",
    ),
  charset: z
    .enum(["cp437", "utf8"])
    .default("cp437")
    .describe("What the terminal writes its texts in. utf8 is asked for at registration."),
  expect: z
    .strictObject({
      serial: z
        .string()
        .min(1)
        .max(32)
        .exactOptional()
        .describe("Serial number that it must have.")
        .meta({ examples: ["00012345"] }),
      terminalNumber: z
        .string()
        .regex(/^\d{1,8}$/)
        .exactOptional()
        .describe("Terminal number (TID) that it must have.")
        .meta({ examples: ["52500038"] }),
    })
    .exactOptional()
    .describe("Who must answer. Another terminal there is not used: two cables may have been swapped."),
});

export type ZvtOptions = z.output<typeof zvtOptions>;
