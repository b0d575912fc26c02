import { createPrivateKey, type X509Certificate } from "node:crypto";
import type { TlsFiles } from "../../config/secrets.ts";
import type { Instant } from "../../domain/clock.ts";
import { pemCertificates } from "../../runtime/pem-certificates.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

const DAY_MS = 86_400_000;
/** Enough to order, approve and roll out a new one before sales stop. */
const RENEW_WITHIN_DAYS = 30;

/** The client certificate, its key and the trusted authorities of one `tls` section. */
export function certificateChecks(owner: string, { ca, cert, key }: TlsFiles, now: Instant): Finding[] {
  const findings: Finding[] = [];
  if (ca !== undefined) {
    const what = `authorities for ${owner}`;
    const certificates = pemCertificates(ca);
    // Of several authorities, such as the old and the new one, one that is still valid is enough.
    const last = certificates?.toSorted((a, b) => b.validToDate.getTime() - a.validToDate.getTime())[0];
    findings.push(last === undefined ? notPem(what) : validity(what, last, now));
  }
  if (cert !== undefined) {
    const what = `client certificate for ${owner}`;
    const own = pemCertificates(cert)?.[0];
    findings.push(own === undefined ? notPem(what) : validity(what, own, now));
    if (own !== undefined && key !== undefined)
      findings.push(keyFinding(`private key for ${owner}`, own, key.reveal()));
  }
  return findings;
}

/** How long a certificate is still good, ours or a peer's. */
export function validity(what: string, certificate: X509Certificate, now: Instant): Finding {
  const until = certificate.validToDate;
  const day = until.toISOString().slice(0, 10);
  if (certificate.validFromDate.getTime() > now) {
    const from = certificate.validFromDate.toISOString().slice(0, 10);
    return failure(what, `not valid before ${from}`, "check this machine's clock, else ask for one that is valid now");
  }
  const daysLeft = Math.floor((until.getTime() - now) / DAY_MS);
  if (daysLeft < 0) return failure(what, `expired on ${day}`, "renew it now: connections are refused");
  if (daysLeft < RENEW_WITHIN_DAYS) return warning(what, `${daysLeft} days left, until ${day}`, "renew it");
  return fine(what, `${daysLeft} days left, until ${day}`);
}

function notPem(what: string): Finding {
  return failure(what, "no certificate in PEM form", "put a file there that has BEGIN CERTIFICATE lines");
}

function keyFinding(what: string, certificate: X509Certificate, pem: string): Finding {
  try {
    return certificate.checkPrivateKey(createPrivateKey(pem))
      ? fine(what, "belongs to the certificate")
      : failure(what, "belongs to another certificate", "put key and certificate of one pair there");
  } catch {
    return failure(
      what,
      "no private key in PEM form without a passphrase",
      "put a file with BEGIN PRIVATE KEY lines there",
    );
  }
}
