import { z } from "zod";
import { LRC_COVERAGES } from "./profiles/frames.ts";

const eightDigits = z.string().regex(/^\d{8}$/, { error: "eight digits" });

/** One terminal that is spoken to as a till speaks to it: the `family: ecr` part of a `terminals` entry. */
export const ecrOptions = z.strictObject({
  family: z
    .literal("ecr")
    .describe("ecr: tillgate speaks to it as a till does, in the protocol of profile.")
    .meta({ examples: ["ecr"] }),
  profile: z
    .enum(["transbank", "ecr17", "misPos", "poslink"])
    .describe(
      "Protocol of the terminal: transbank is Transbank POS Integrado, ecr17 is Nexi's ECR17; misPos and poslink are listened to only.",
    )
    .meta({ examples: ["ecr17"] }),
  commands: z
    .enum(["off", "on"])
    .default("off")
    .describe(
      "off asks the terminal how it is and nothing else. on lets tillgate sell, undo and settle there; turn it on after the profile was tried with this very model. Without effect for misPos and poslink.",
    ),
  ackTimeoutMs: z
    .int()
    .min(200)
    .max(30_000)
    .default(2000)
    .describe("Milliseconds to wait until the terminal confirms that a command has come."),
  answerTimeoutS: z
    .int()
    .min(10)
    .max(900)
    .default(180)
    .describe("Seconds from there until the result: card, PIN and host included. A sale without a result is in doubt."),
  terminalNumber: eightDigits
    .default("00000000")
    .describe("ECR17 only: the terminal's number, eight digits; eight zeros are taken by any terminal."),
  cashRegister: eightDigits
    .default("00000001")
    .describe("ECR17 only: the number of the cash register that the terminal is told."),
  lrcOver: z
    .enum(LRC_COVERAGES)
    .default("dataAndEnd")
    .describe("ECR17 only: what the checksum covers; it differs with the terminal's firmware."),
  expect: z
    .strictObject({
      terminalNumber: z
        .string()
        .regex(/^\d{1,8}$/)
        .exactOptional()
        .describe("Terminal number that it must have.")
        .meta({ examples: ["12345678"] }),
    })
    .exactOptional()
    .describe("ECR17 only: who must answer. Another terminal there is not used: two cables may have been swapped."),
  extendedResult: z
    .boolean()
    .default(false)
    .describe("ECR17 only: true orders sales with X, whose result tells the amount; not every terminal knows it."),
});

export type EcrOptions = z.output<typeof ecrOptions>;
