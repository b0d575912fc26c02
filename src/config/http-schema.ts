import { z } from "zod";
import { ROLES } from "../domain/role.ts";
import { boundedList } from "../runtime/bounded-list.ts";
import { loopbackEndpoint } from "../runtime/endpoint.ts";
import { nameOption } from "../runtime/name-option.ts";
import { secretReference } from "../runtime/secret-reference.ts";
import { printable } from "./text-option.ts";

export const HTTP_LISTEN_DEFAULT = "127.0.0.1:8480";

const token = z.strictObject({
  name: nameOption
    .describe("Who has it. A till's name is its identity: its orders and its Idempotency-Keys are its own.")
    .meta({ examples: ["till-front"] }),
  role: z
    .enum(ROLES)
    .describe(
      "What it may do: till and staff sell; supervisor also refunds, overrides, resolves doubts, pauses and settles terminals; technician acts on terminals and parked records; admin may everything; auditor reads everything.",
    )
    .meta({ examples: ["till"] }),
  token: secretReference
    .describe("The bearer token, at least 32 characters.")
    .meta({ examples: [{ credential: "till-front.token" }] }),
});

const payments = z.strictObject({
  maxAmount: z
    .int()
    .min(1)
    .max(999_999_999_999)
    .default(999_999_999_999)
    .describe("Largest amount of one payment, in the currency's smallest unit."),
  sameAmountMin: z
    .int()
    .min(0)
    .max(1440)
    .default(30)
    .describe(
      "Minutes in which a till's order is asked back when another of the same amount is in doubt there: it could be a second charge.",
    ),
  hotline: printable(64)
    .exactOptional()
    .describe("Whom a customer may call about a payment; told with the answer to `was I charged?`.")
    .meta({ examples: ["400 000 0000"] }),
});

/** Section `http`: the local endpoint, who may act there, and what tills may order. */
export const http = z.strictObject({
  listen: loopbackEndpoint
    .prefault(HTTP_LISTEN_DEFAULT)
    .describe("Where health, metrics and the API are served, address:port; loopback only."),
  tokens: boundedList(token, 0, 100)
    .prefault([])
    .describe("Who may act over the API, and as what. Whoever can read local.token in the store's directory is admin."),
  payments: payments.prefault({}).describe("What tills may order from terminals that tillgate talks to."),
});
