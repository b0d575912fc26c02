import { z } from "zod";
import { type Currency, currency } from "../domain/money.ts";
import type { AcquirerId } from "../domain/terminal.ts";
import { boundedList } from "../runtime/bounded-list.ts";
import type { Endpoint } from "../runtime/endpoint.ts";
import { nameOption } from "../runtime/name-option.ts";
import { secretReference } from "../runtime/secret-reference.ts";
import { isSection } from "../runtime/tls-options.ts";
import { health } from "./health-schema.ts";
import { calendar } from "./calendar-schema.ts";
import { http } from "./http-schema.ts";
import { isCurrencyCode, isTimeZone } from "./known-codes.ts";
import { link } from "./link-schema.ts";
import { printable, text } from "./text-option.ts";
import { uplink } from "./uplink-schema.ts";
import { type DrivenCommon, relayedTerminal } from "./terminal-schema.ts";

const site = z.strictObject({
  tenant: nameOption.describe("The company, as it stands in MQTT topics.").meta({ examples: ["example-retail"] }),
  site: nameOption.describe("This shop, as it stands in MQTT topics.").meta({ examples: ["shop-042"] }),
  gateway: nameOption
    .describe("This gateway, as it stands in MQTT topics; unique in the shop.")
    .meta({ examples: ["counter"] }),
  timezone: text("an IANA time zone, e.g. Asia/Shanghai")
    .refine(isTimeZone)
    .default("Asia/Shanghai")
    .describe("The shop's time zone; the terminals' own times are read in it."),
  currency: text("an ISO 4217 code in capitals, e.g. CNY")
    .refine(isCurrencyCode)
    .transform((code): Currency => currency(code))
    .prefault("CNY")
    .describe("Currency of amounts whose message names none."),
});

const backup = z.strictObject({
  directory: text("an absolute path, e.g. /mnt/usb/tillgate")
    .regex(/^\/./)
    .describe("Directory for backups, on another disk or card than the store. It must exist: it is never made.")
    .meta({ examples: ["/mnt/usb/tillgate"] }),
  everyH: z.int().min(1).max(8760).default(24).describe("Hours between two backups."),
  keep: z.int().min(1).max(1000).default(7).describe("Backups that stay; older ones go once a new one is verified."),
});

const store = z.strictObject({
  directory: text("an absolute path, e.g. /var/lib/tillgate")
    .regex(/^\/./)
    .default("/var/lib/tillgate")
    .describe("Directory of the ledger, on a local disk that keeps what was synchronised."),
  cardKey: secretReference
    .exactOptional()
    .describe("Key that wraps the card tokens' keys. Without it the keys stand in the store, readable by its owner.")
    .meta({ examples: [{ credential: "card.key" }] }),
  backup: backup.exactOptional().describe("A copy of the ledger every so often. Without it none is made by itself."),
  rescueRecipient: text("an age recipient: age1 and at least 58 small letters or digits")
    .regex(/^age1[0-9a-z]{58,4096}$/)
    .exactOptional()
    .describe("Headquarters' public key (age): what is carried there by hand is encrypted to it.")
    .meta({ examples: ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"] }),
  allowVolatile: z
    .boolean()
    .default(false)
    .describe("true lets the ledger live in memory (tmpfs), where a power cut loses it. For trials only."),
  quotaMb: z
    .int()
    .min(4)
    .max(65_536)
    .default(256)
    .describe(
      "MiB for the ledger's records. Health warns at 70 %; from 90 % what headquarters has confirmed is freed; at 100 % tills are refused, the relay still records.",
    ),
  minFreeMb: z
    .int()
    .min(0)
    .max(65_536)
    .default(64)
    .describe("MiB that should stay free on the disk; below it, what headquarters has confirmed is freed."),
  ballastMb: z
    .int()
    .min(0)
    .max(1024)
    .default(16)
    .describe("MiB that a file holds in reserve and gives up for records when the disk is full; 0 is none."),
  keepDays: z
    .int()
    .min(0)
    .max(3650)
    .default(7)
    .describe("Days that records stay after headquarters has confirmed them, by a synchronised clock."),
  keepMb: z
    .int()
    .min(0)
    .max(65_536)
    .default(32)
    .describe("MiB of confirmed records that stay at most; older ones go even within keepDays."),
  telemetryMb: z
    .int()
    .min(1)
    .max(1024)
    .default(32)
    .describe("MiB for measured curves; the oldest make room, and all go first when space is short."),
});

const merchant = z.strictObject({
  id: printable(15)
    .describe("Merchant number (DE42), in quotes.")
    .meta({ examples: ["104110154110001"] }),
  name: z
    .string()
    .min(1)
    .max(80)
    .exactOptional()
    .describe("What people call it.")
    .meta({ examples: ["Example Store, Nanjing Road"] }),
});

/** What every entry of `acquirers` has, whatever its family. */
export interface AcquirerCommon {
  readonly id: AcquirerId;
  readonly family: string;
  readonly listen: Endpoint;
}

/** What the driver families hand in, so that this folder knows none of them. */
export interface Families<A extends AcquirerCommon, D extends DrivenCommon> {
  /** One entry of `acquirers`: a union over the families, told apart by `family`. */
  readonly acquirer: z.ZodType<A>;
  /** One entry of `terminals` that tillgate itself talks to: `drivenCommon` and the family's own keys. */
  readonly driven: readonly (z.ZodType<D> & z.core.$ZodTypeDiscriminable)[];
  /** What is allowed for this terminal, but may not be what people think it is. */
  readonly drivenWarnings: (terminal: D) => readonly FamilyWarning[];
}

/** About one key of an entry. */
export interface FamilyWarning {
  readonly key: string;
  readonly found: string;
  readonly allowed: string;
  readonly remedy: string;
}

/** The whole config. */
export function configSchema<A extends AcquirerCommon, D extends DrivenCommon>(families: Families<A, D>) {
  const terminal = z.discriminatedUnion("family", [relayedTerminal, ...families.driven]);
  return z
    .strictObject({
      site: site.describe("Who and where this gateway is."),
      language: z.enum(["zh-CN", "en"]).default("zh-CN").describe("Language of texts for the shop's staff."),
      store: store.prefault({}).describe("Where the ledger is kept."),
      uplink: uplink.describe("The way to headquarters, over MQTT."),
      http: http.prefault({}).describe("The local endpoint."),
      link: link.prefault({}).describe("How the shop's lines are watched."),
      health: health.prefault({}).describe("From where on something is a trouble that health tells of."),
      calendar: calendar.prefault({}).describe("The shop's days: what the forecast of the load counts with."),
      merchants: boundedList(merchant, 0, 1000).prefault([]).describe("The shop's merchant numbers."),
      acquirers: boundedList(families.acquirer, 0, 32)
        .prefault([])
        .describe("Whom the terminals talk to, and where they reach it."),
      terminals: boundedList(terminal, 0, 1000)
        .prefault([])
        .describe(
          "The shop's terminals: those whose bytes are relayed to an acquirer, and those that tillgate itself talks to. One that is not listed is relayed all the same, and reported as unlisted.",
        ),
    })
    .refine((config) => !isEmpty(config.acquirers) || !isEmpty(config.terminals), {
      error: "at least one acquirer, or one terminal that needs none",
      params: { remedy: "add an acquirer with its endpoints, or a terminal with its family" },
      path: ["acquirers"],
      // Also where other sections are wrong: then the two may be missing, or be no lists.
      when: isSection,
    });
}

function isEmpty(list: unknown): boolean {
  return list === undefined || (Array.isArray(list) && list.length === 0);
}

/** The checked config, frozen. Hand out slices of it, never the whole. */
export type Config<A extends AcquirerCommon = AcquirerCommon, D extends DrivenCommon = DrivenCommon> = z.output<
  ReturnType<typeof configSchema<A, D>>
>;
export type StoreConfig = z.output<typeof store>;
export type BackupConfig = z.output<typeof backup>;
export type UplinkConfig = z.output<typeof uplink>;
export type HealthConfig = z.output<typeof health>;
