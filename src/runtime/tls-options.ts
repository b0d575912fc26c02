import { z } from "zod";
import { secretReference } from "./secret-reference.ts";

const pemFile = z.string().regex(/^\//, "an absolute path of a PEM file, e.g. /etc/tillgate/tls/ca.pem");

/** How to be a TLS client. The certificate of the peer is always verified: there is no key that turns it off. */
export const tlsOptions = z.strictObject({
  servername: z
    .string()
    .min(1)
    .max(253)
    .exactOptional()
    .describe("Name that the peer's certificate must carry, also sent as SNI. Without it: the host of the address."),
  ca: pemFile
    .exactOptional()
    .describe("PEM file of the authorities to trust. Without it: those that come with the runtime."),
  cert: pemFile.exactOptional().describe("PEM file of the client certificate with its chain. Needs key."),
  key: secretReference.exactOptional().describe("Private key of the client certificate, PEM. Needs cert."),
});

export type TlsOptions = z.output<typeof tlsOptions>;
