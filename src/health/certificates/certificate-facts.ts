import type { X509Certificate } from "node:crypto";
import type { CertificateFacts } from "./certificate-sight.ts";

export function certificateFacts({ issuer, validFromDate, validToDate }: X509Certificate): CertificateFacts {
  return {
    issuer: issuer.replaceAll("\n", ", "),
    validFrom: validFromDate.getTime(),
    validTo: validToDate.getTime(),
  };
}

/** Of a chain, whichever ends first ends all. */
export function chainFacts(chain: readonly X509Certificate[]): CertificateFacts | undefined {
  return chain.map(certificateFacts).toSorted((a, b) => a.validTo - b.validTo)[0];
}

/** Of several authorities, such as the old and the new one, one that is still valid is enough. */
export function authorityFacts(authorities: readonly X509Certificate[]): CertificateFacts | undefined {
  return authorities.map(certificateFacts).toSorted((a, b) => b.validTo - a.validTo)[0];
}
