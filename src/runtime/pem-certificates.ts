import { X509Certificate } from "node:crypto";

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** All certificates of a PEM file, in its order; `undefined` where there is none, or one of them is damaged. */
export function pemCertificates(pem: string): readonly X509Certificate[] | undefined {
  const blocks = pem.match(PEM_BLOCK) ?? [];
  try {
    return blocks.length === 0 ? undefined : blocks.map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}
