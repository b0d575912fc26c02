import { z } from "zod";
import { routeOptions, ROUTES_IN_WORDS } from "../runtime/route.ts";
import { secretReference } from "../runtime/secret-reference.ts";
import { isSection, tlsOptions } from "../runtime/tls-options.ts";
import { asSection } from "./found.ts";
import { printable, text } from "./text-option.ts";

/** Section `uplink`: the way to headquarters. */
export const uplink = z
  .strictObject({
    url: text("mqtt://HOST[:PORT] or mqtts://HOST[:PORT]")
      .refine(isBrokerUrl, {
        params: { remedy: "write scheme, host and port only; user name and password have keys of their own" },
      })
      .describe("The broker: mqtts:// with TLS, mqtt:// without.")
      .meta({ examples: ["mqtts://mqtt.example.com:8883"] }),
    protocol: z
      .literal(["auto", "5", "3.1.1"])
      .default("auto")
      .describe("MQTT version; auto tries 5 first and falls back to 3.1.1."),
    clientId: printable(128)
      .exactOptional()
      .describe("MQTT client identifier. Without it: tillgate-TENANT-SITE-GATEWAY.")
      .meta({ examples: ["tillgate-example-retail-shop-042-counter"] }),
    username: z
      .string()
      .min(1)
      .max(1024)
      .exactOptional()
      .describe("User name at the broker.")
      .meta({ examples: ["shop-042"] }),
    password: secretReference
      .exactOptional()
      .describe("Password at the broker. Needs username.")
      .meta({ examples: [{ credential: "mqtt.password" }] }),
    tls: tlsOptions.exactOptional().describe("TLS details; only with mqtts://."),
    routes: routeOptions.exactOptional().describe(ROUTES_IN_WORDS),
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
      .describe(
        "Records that may wait for a receipt before sending pauses; at most half of them are in flight at once, and no fewer than 2 count.",
      ),
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
      .describe(
        "Records a second while a backlog drains, so that many shops do not flood headquarters; 0 is no limit.",
      ),
    burst: z.int().min(1).max(100_000).default(100).describe("Records that may go at once before ratePerS applies."),
    drainControl: z
      .enum(["on", "off"])
      .default("on")
      .describe(
        "on lets a backlog yield where it would slow sales: when PUBACK or the acquirer's answer take longer than on an idle line. Without effect where ratePerS is 0.",
      ),
    maximumPacketBytes: z
      .int()
      .min(1024)
      .max(268_435_455)
      .exactOptional()
      .describe(
        "Bytes of one MQTT packet that the broker takes; larger records are parked. Over MQTT 5 the broker says so itself.",
      )
      .meta({ examples: [65_536] }),
    userProperties: z
      .boolean()
      .default(false)
      .describe("true repeats stream, seq and kind as MQTT 5 user properties, at a third of the throughput."),
  })
  .refine(({ username, password }) => password === undefined || username !== undefined, {
    error: "the user name that belongs to password",
    params: { remedy: "add the key username" },
    path: ["username"],
    when: isSection,
  })
  .refine(({ url, tls }) => tls === undefined || url.startsWith("mqtts:"), {
    error: "no tls section where url begins with mqtt://",
    params: { remedy: "begin url with mqtts://, or remove the section tls" },
    path: ["tls"],
    when: ({ value }) => typeof asSection(value)?.["url"] === "string",
  });

function isBrokerUrl(address: string): boolean {
  const url = URL.parse(address);
  if (url === null || (url.protocol !== "mqtt:" && url.protocol !== "mqtts:")) return false;
  const rest = url.username + url.password + url.pathname.replace(/^\/$/, "") + url.search + url.hash;
  return url.hostname !== "" && rest === "" && !address.includes("@");
}
