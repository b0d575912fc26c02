import { isIP } from "node:net";
import { z } from "zod";
import { boundedList } from "../runtime/bounded-list.ts";
import { peerEndpoint } from "../runtime/endpoint.ts";
import { text } from "./text-option.ts";

/** Section `link`: what is asked, and how often, to say where the trouble is. */
export const link = z.strictObject({
  line: z
    .enum(["wired", "mobile"])
    .default("wired")
    .describe("What the shop's line is: a mobile one is slow by nature, and is judged by limits of its own."),
  anchors: boundedList(peerEndpoint, 0, 8)
    .prefault([])
    .describe(
      "Hosts on the internet that answer on TCP, in different networks, at best two or more: they tell a dead line from a dead headquarters. A connection is opened and closed, and nothing is sent. Without them the line is judged by headquarters and acquirers alone.",
    )
    .meta({ examples: [["203.0.113.1:443", "198.51.100.1:443"]] }),
  nameServers: boundedList(
    text("an IP address").refine((address) => isIP(address) !== 0),
    0,
    4,
  )
    .prefault([])
    .describe("Name servers to watch; none: those of /etc/resolv.conf."),
  portalUrl: text("an http:// address")
    .refine((address) => URL.parse(address)?.protocol === "http:")
    .exactOptional()
    .describe("A page of your own, over HTTP, that answers 204: another answer is a captive portal's.")
    .meta({ examples: ["http://check.example.com/204"] }),
  probeAcquirers: z
    .boolean()
    .default(false)
    .describe(
      "true opens and closes a connection to an acquirer that has not been heard of for a minute. Ask it first.",
    ),
  icmp: z
    .enum(["auto", "off"])
    .default("auto")
    .describe("auto pings the shop's router where this machine may; off never pings."),
  interference: z
    .enum(["on", "off"])
    .default("on")
    .describe("on reads what Wi-Fi, modem, cables and serial ports say of noise; off reads nothing of it."),
});
