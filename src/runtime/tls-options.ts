import { z } from "zod";
import { secretReference } from "./secret-reference.ts";

const pemFile = z.string({ error: "an absolute path of a PEM file, e.g. /etc/tillgate/tls/ca.pem" }).regex(/^\//);

/** How to be a TLS client. The certificate of the peer is always verified: there is no key that turns it off. */
export const tlsOptions = z
  .strictObject({
    servername: z
      .string()
      .min(1)
      .max(253)
      .exactOptional()
      .describe("Name that the peer's certificate must carry, also sent as SNI. Without it: the host of the address.")
      .meta({ examples: ["host.example.com"] }),
    ca: pemFile
      .exactOptional()
      .describe("PEM file of the authorities to trust. Without it: those that come with the runtime.")
      .meta({ examples: ["/etc/tillgate/tls/ca.pem"] }),
    cert: pemFile
      .exactOptional()
      .describe("PEM file of the client certificate with its chain. Needs key.")
      .meta({ examples: ["/etc/tillgate/tls/client.pem"] }),
    key: secretReference
      .exactOptional()
      .describe("Private key of the client certificate, PEM. Needs cert.")
      .meta({ examples: [{ credential: "tls.key" }] }),
  })
  .refine(({ cert, key }) => cert !== undefined || key === undefined, {
    error: "the certificate that belongs to key",
    params: { remedy: "add the key cert, or remove key" },
    path: ["cert"],
    when: isSection,
  })
  .refine(({ cert, key }) => key !== undefined || cert === undefined, {
    error: "a reference to the private key that belongs to cert",
    params: { remedy: "add the key key: { file: /PATH/OF/THE/KEY }, or remove cert" },
    path: ["key"],
    when: isSection,
  });

export type TlsOptions = z.output<typeof tlsOptions>;

/** Lets a rule between keys run also when single keys are wrong, so that all problems come out at once. */
export function isSection({ value }: { readonly value: unknown }): boolean {
  return typeof value === "object" && value !== null;
}
