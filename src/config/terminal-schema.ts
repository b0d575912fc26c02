import { isIP } from "node:net";
import { z } from "zod";
import { type AcquirerId, acquirerId, type TerminalId, terminalId } from "../domain/terminal.ts";
import { nameOption } from "../runtime/name-option.ts";
import { canonicalAddress } from "./ip-address.ts";
import { printable, text } from "./text-option.ts";

const id = nameOption
  .transform((value): TerminalId => terminalId(value))
  .describe("Name of this terminal, as it stands in MQTT topics.")
  .meta({ examples: ["till-1"] });

const merchant = printable(15)
  .exactOptional()
  .describe("Its merchant: the id of an entry of merchants.")
  .meta({ examples: ["104110154110001"] });

const paused = (how: string) =>
  z
    .string()
    .min(1)
    .max(120)
    .exactOptional()
    .describe(`Present: the terminal must not start a sale, for this reason. ${how}`)
    .meta({ examples: ["keypad broken"] });

/** A terminal whose bytes are relayed. */
export const relayedTerminal = z.strictObject({
  id,
  family: z
    .literal("relay")
    .exactOptional()
    .describe("relay, or left out: it reaches its acquirer through this gateway.")
    .meta({ examples: ["relay"] }),
  acquirer: nameOption
    .transform((value): AcquirerId => acquirerId(value))
    .describe("The acquirer that it talks to: the id of an entry of acquirers.")
    .meta({ examples: ["unionpay"] }),
  de41: printable(8)
    .describe("Terminal number (DE41), in quotes.")
    .meta({ examples: ["12345678"] }),
  merchant,
  address: text("an IP address, e.g. 192.168.1.21")
    .refine((value) => isIP(value) !== 0)
    .transform(canonicalAddress)
    .exactOptional()
    .describe("Its IP address: a connection is attributed by it until a message has named the terminal.")
    .meta({ examples: ["192.168.1.21"] }),
  paused: paused("See enforcePause of its acquirer."),
});

const day = text("a day, e.g. 2027-03-31").regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/);

/** Keys of every terminal that tillgate itself talks to, whatever its family. */
export const drivenCommon = {
  id: id.meta({ examples: ["counter-2"] }),
  merchant,
  group: nameOption
    .exactOptional()
    .describe("Tills may ask for any free terminal of a group.")
    .meta({ examples: ["front"] }),
  standbyFor: nameOption
    .transform((value): TerminalId => terminalId(value))
    .exactOptional()
    .describe("The terminal whose orders it takes while that one cannot: the id of another driven terminal.")
    .meta({ examples: ["counter-1"] }),
  paused: paused("It stays so until the config says otherwise."),
  heartbeatS: z
    .int()
    .min(5)
    .max(600)
    .default(30)
    .describe(
      "Seconds between two questions to an idle terminal; after 2 without answer it is unknown, after 4 offline.",
    ),
  settleAt: text("a time of day, e.g. 23:30")
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
    .exactOptional()
    .describe("Time in the shop's zone at which tillgate closes the terminal's batch each day. Without it people do.")
    .meta({ examples: ["23:30"] }),
  autoSettle: z
    .boolean()
    .default(false)
    .describe("true lets tillgate close the batch also when the terminal demands it: that moves money."),
  maintenanceDue: day
    .exactOptional()
    .describe("Day by which a technician has to look at it.")
    .meta({ examples: ["2027-03-31"] }),
  contractEnds: day
    .exactOptional()
    .describe("Last day of the contract with its acquirer.")
    .meta({ examples: ["2027-12-31"] }),
  softwareAtLeast: printable(32)
    .exactOptional()
    .describe("Oldest software version that its acquirer still accepts; an older one is reported.")
    .meta({ examples: ["4.2.0"] }),
} as const;

/** What every entry of `terminals` has that tillgate itself talks to. */
export interface DrivenCommon {
  readonly id: TerminalId;
  readonly family: string;
  readonly merchant?: string;
  readonly group?: string;
  readonly standbyFor?: TerminalId;
  readonly paused?: string;
  readonly heartbeatS: number;
  readonly settleAt?: string;
  readonly autoSettle?: boolean;
  readonly maintenanceDue?: string;
  readonly contractEnds?: string;
  readonly softwareAtLeast?: string;
}

export type RelayedTerminal = z.output<typeof relayedTerminal>;

/** Whether its bytes are relayed: it stands under an acquirer of this gateway. */
export function isRelayed(terminal: RelayedTerminal | DrivenCommon): terminal is RelayedTerminal {
  return terminal.family === undefined || terminal.family === "relay";
}
