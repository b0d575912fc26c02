import { isIP, SocketAddress } from "node:net";
import { z } from "zod";
import { type Currency, currency } from "../domain/money.ts";
import { type AcquirerId, acquirerId, isName, type TerminalId, terminalId } from "../domain/terminal.ts";
import { boundedList } from "../runtime/bounded-list.ts";
import { type Endpoint, loopbackEndpoint } from "../runtime/endpoint.ts";
import { secretReference } from "../runtime/secret-reference.ts";
import { tlsOptions } from "../runtime/tls-options.ts";
import { isCurrencyCode, isTimeZone } from "./known-codes.ts";

const NAME_WORDS = "letters, digits, '.', '_' and '-', at most 64, a letter or digit first";
const name = z.string({ error: NAME_WORDS }).refine(isName, { error: NAME_WORDS });
const printable = (max: number) => {
  const words = `1 to ${max} printable ASCII characters, no space at either end`;
  return z.string({ error: words }).regex(new RegExp(`^(?! )[\\x20-\\x7E]{1,${max}}(?<! )$`), words);
};

const site = z.strictObject({
  tenant: name.describe("The company, as it stands in MQTT topics."),
  site: name.describe("This shop, as it stands in MQTT topics."),
  gateway: name.describe("This gateway, as it stands in MQTT topics; unique in the shop."),
  timezone: z
    .string()
    .refine(isTimeZone, { error: "an IANA time zone, e.g. Asia/Shanghai" })
    .default("Asia/Shanghai")
    .describe("The shop's time zone; the terminals' own times are read in it."),
  currency: z
    .string()
    .refine(isCurrencyCode, { error: "an ISO 4217 code in capitals, e.g. CNY" })
    .transform((code): Currency => currency(code))
    .prefault("CNY")
    .describe("Currency of amounts whose message names none."),
});

const store = z.strictObject({
  directory: z
    .string()
    .regex(/^\/./, "an absolute path, e.g. /var/lib/tillgate")
    .default("/var/lib/tillgate")
    .describe("Directory of the ledger, on a local disk that keeps what was synchronised."),
  cardKey: secretReference
    .exactOptional()
    .describe("Key that wraps the card tokens' keys. Without it the keys stand in the store, readable by its owner."),
  allowVolatile: z
    .boolean()
    .default(false)
    .describe("true lets the ledger live in memory (tmpfs), where a power cut loses it. For trials only."),
});

const uplink = z.strictObject({
  url: z
    .string()
    .refine(isBrokerUrl, { error: "mqtt://HOST[:PORT] or mqtts://HOST[:PORT], without user name, password or path" })
    .describe("The broker: mqtts:// with TLS, mqtt:// without."),
  protocol: z
    .enum(["auto", "5", "3.1.1"])
    .default("auto")
    .describe("MQTT version; auto tries 5 first and falls back to 3.1.1."),
  clientId: printable(128)
    .exactOptional()
    .describe("MQTT client identifier. Without it: tillgate-TENANT-SITE-GATEWAY."),
  username: z.string().min(1).max(1024).exactOptional().describe("User name at the broker."),
  password: secretReference.exactOptional().describe("Password at the broker. Needs username."),
  tls: tlsOptions.exactOptional().describe("TLS details; only with mqtts://."),
  confirm: z
    .enum(["receipt", "broker"])
    .default("receipt")
    .describe(
      "When a record counts as delivered: receipt when headquarters says that it is stored, broker when the broker has it.",
    ),
  window: z.int().min(1).max(1000).default(100).describe("Messages on their way to the broker at once."),
  unreceiptedMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(5000)
    .describe("Records that may wait for a receipt before sending pauses."),
  keepaliveS: z
    .int()
    .min(5)
    .max(3600)
    .default(30)
    .describe("Seconds between signs of life; a dead line is noticed after one and a half times this."),
  connectTimeoutMs: z
    .int()
    .min(1000)
    .max(120_000)
    .default(15_000)
    .describe("Milliseconds for one attempt to connect, TLS and MQTT included."),
  pubackDeadlineMs: z
    .int()
    .min(1000)
    .max(120_000)
    .default(10_000)
    .describe("Milliseconds for the broker to acknowledge a message before the session is renewed."),
  receiptDeadlineMs: z
    .int()
    .min(1000)
    .max(600_000)
    .default(30_000)
    .describe("Milliseconds for headquarters to confirm a record before it is sent again."),
  ratePerS: z
    .int()
    .min(0)
    .max(100_000)
    .default(50)
    .describe("Records a second while a backlog drains, so that many shops do not flood headquarters; 0 is no limit."),
  burst: z.int().min(1).max(100_000).default(100).describe("Records that may go at once before ratePerS applies."),
  userProperties: z
    .boolean()
    .default(false)
    .describe("true repeats stream, seq and kind as MQTT 5 user properties, at a third of the throughput."),
});

const http = z.strictObject({
  listen: loopbackEndpoint
    .prefault("127.0.0.1:8480")
    .describe("Where health, metrics and the API are served, address:port; loopback only."),
});

const merchant = z.strictObject({
  id: printable(15).describe("Merchant number (DE42), in quotes."),
  name: z.string().min(1).max(80).exactOptional().describe("What people call it."),
});

const ADDRESS_WORDS = "an IP address, e.g. 192.168.1.21";
const terminal = z.strictObject({
  id: name
    .transform((value): TerminalId => terminalId(value))
    .describe("Name of this terminal, as it stands in MQTT topics."),
  acquirer: name
    .transform((value): AcquirerId => acquirerId(value))
    .describe("The acquirer that it talks to: the id of an entry of acquirers."),
  de41: printable(8).describe("Terminal number (DE41), in quotes."),
  merchant: printable(15).exactOptional().describe("Its merchant: the id of an entry of merchants."),
  address: z
    .string({ error: ADDRESS_WORDS })
    .refine((value) => isIP(value) !== 0, { error: ADDRESS_WORDS })
    .transform(canonicalAddress)
    .exactOptional()
    .describe("Its IP address: a connection is attributed by it until a message has named the terminal."),
  paused: z
    .string()
    .min(1)
    .max(120)
    .exactOptional()
    .describe("Present: the terminal must not start a sale, for this reason. See enforcePause of its acquirer."),
});

/** What every entry of `acquirers` has, whatever its family. */
export interface AcquirerCommon {
  readonly id: AcquirerId;
  readonly family: string;
  readonly listen: Endpoint;
}

/**
 * The whole config. Families hand their options in, so that this folder knows none of them.
 *
 * @param acquirer  One entry of `acquirers`: a union over the families, told apart by `family`.
 */
export function configSchema<A extends AcquirerCommon>(acquirer: z.ZodType<A>) {
  return z.strictObject({
    site: site.describe("Who and where this gateway is."),
    language: z.enum(["zh-CN", "en"]).default("zh-CN").describe("Language of texts for the shop's staff."),
    store: store.prefault({}).describe("Where the ledger is kept."),
    uplink: uplink.describe("The way to headquarters, over MQTT."),
    http: http.prefault({}).describe("The local endpoint."),
    merchants: boundedList(merchant, 0, 1000).default([]).describe("The shop's merchant numbers."),
    acquirers: boundedList(acquirer, 1, 32).describe("Whom the terminals talk to, and where they reach it."),
    terminals: boundedList(terminal, 0, 1000)
      .default([])
      .describe("The shop's terminals. One that is not listed is relayed all the same, and reported as unlisted."),
  });
}

/** The checked config, frozen. Hand out slices of it, never the whole. */
export type Config<A extends AcquirerCommon = AcquirerCommon> = z.output<ReturnType<typeof configSchema<A>>>;
export type SiteConfig = z.output<typeof site>;
export type StoreConfig = z.output<typeof store>;
export type UplinkConfig = z.output<typeof uplink>;
export type HttpConfig = z.output<typeof http>;
export type MerchantConfig = z.output<typeof merchant>;
export type TerminalConfig = z.output<typeof terminal>;

/** Under which all topics of this gateway stand. */
export function topicBase({ tenant, site: shop, gateway }: SiteConfig): string {
  return `tillgate/v1/${tenant}/${shop}/${gateway}`;
}

function isBrokerUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "mqtt:" && url.protocol !== "mqtts:")) return false;
  const rest = url.username + url.password + url.pathname.replace(/^\/$/, "") + url.search + url.hash;
  return url.hostname !== "" && rest === "" && !text.includes("@");
}

/** One spelling for one address, so that two spellings of it are recognised. */
function canonicalAddress(address: string): string {
  return new SocketAddress({ address, family: isIP(address) === 6 ? "ipv6" : "ipv4" }).address;
}
