import { createPrivateKey, type X509Certificate } from "node:crypto";
import { type FileFault, readTls, type TlsFiles } from "./config/secrets.ts";
import { authorityFacts, certificateFacts, chainFacts } from "./health/certificates/certificate-facts.ts";
import type {
  CertificateFacts,
  CertificateSight,
  CertificateTrouble,
} from "./health/certificates/certificate-sight.ts";
import type { CertificateHolder } from "./health/certificates/certificate-watch.ts";
import type { Log } from "./runtime/log.ts";
import { pemCertificates } from "./runtime/pem-certificates.ts";
import type { Secret } from "./runtime/secret.ts";
import type { PeerShown } from "./runtime/tls-peer.ts";
import type { TlsOptions } from "./runtime/tls-options.ts";

/** Whose the certificates are, as their uses are named. */
export interface TlsOwner {
  /** Of our own files: `uplink`, `acquirer:ID`. */
  readonly ours: string;
  /** Of the other side: `broker`, `acquirer:ID`. */
  readonly peer: string;
}

/**
 * The files of one `tls` section as a connection finds them when it opens: renewed files are taken without a restart, unless
 * they are no pair or cannot be read; then the last good ones stay. Remembers what each peer showed.
 */
export class RenewingTls implements CertificateHolder {
  readonly #owner: TlsOwner;
  readonly #options: TlsOptions;
  readonly #log: Log;
  #files: TlsFiles;
  readonly #troubles = new Map<"cert" | "ca", CertificateTrouble>();
  readonly #peers = new Map<string, CertificateSight>();

  /** @param files  As they were at the start. */
  constructor(owner: TlsOwner, options: TlsOptions, files: TlsFiles, log: Log) {
    this.#owner = owner;
    this.#options = options;
    this.#files = files;
    this.#log = log;
    this.#judge(files);
  }

  get servername(): string | undefined {
    return this.#files.servername;
  }

  get ca(): string | undefined {
    return this.#files.ca;
  }

  get cert(): string | undefined {
    return this.#files.cert;
  }

  get key(): Secret | undefined {
    return this.#files.key;
  }

  /** A property, so that it can be handed on by itself. */
  readonly saw = (place: string, shown: PeerShown): void => {
    const use = this.#owner.peer;
    const known = this.#peers.get(place)?.facts;
    this.#peers.set(
      place,
      "certificate" in shown
        ? { use, place, facts: certificateFacts(shown.certificate) }
        : {
            use,
            place,
            ...(known === undefined ? {} : { facts: known }),
            trouble: { kind: "refused", code: shown.refused },
          },
    );
  };

  async look(): Promise<void> {
    const { key, ...rest } = this.#options;
    // A credential is laid down once, when systemd starts the service.
    const files = { ...rest, ...(key !== undefined && !("credential" in key) ? { key } : {}) };
    const reading = await readTls(files, { credentialsDirectory: undefined });
    if (!reading.ok) {
      this.#noteFaults(reading.faults);
      return;
    }
    const { key: kept } = this.#files;
    const found: TlsFiles = { ...(kept === undefined ? {} : { key: kept }), ...reading.value };
    if (!this.#judge(found) || isSame(found, this.#files)) return;
    this.#files = found;
    this.#log.info("tls.renewed", { of: this.#owner.ours });
  }

  sights(): readonly CertificateSight[] {
    return [
      ...this.#own("cert", chainFacts),
      ...this.#own("ca", authorityFacts),
      ...numbered([...this.#peers.values()]),
    ];
  }

  #own(
    what: "cert" | "ca",
    factsOf: (certificates: readonly X509Certificate[]) => CertificateFacts | undefined,
  ): readonly CertificateSight[] {
    const place = this.#options[what];
    if (place === undefined) return [];
    const facts = factsOf(pemCertificates(this.#files[what] ?? "") ?? []);
    const trouble = this.#troubles.get(what);
    return [
      {
        use: `${this.#owner.ours}.${what}`,
        place,
        ...(facts === undefined ? {} : { facts }),
        ...(trouble === undefined ? {} : { trouble }),
      },
    ];
  }

  #noteFaults(faults: readonly FileFault[]): void {
    this.#troubles.clear();
    for (const { what, found } of faults) {
      // A key that cannot be read makes the certificate useless at the next start.
      this.#troubles.set(what === `file ${this.#options.ca ?? ""}` ? "ca" : "cert", { kind: "unreadable", found });
    }
  }

  /** @returns whether connections can be opened with these. */
  #judge({ ca, cert, key }: TlsFiles): boolean {
    this.#troubles.clear();
    const own = cert === undefined ? undefined : pemCertificates(cert)?.[0];
    if (ca !== undefined && pemCertificates(ca) === undefined) this.#troubles.set("ca", { kind: "notPem" });
    if (cert !== undefined && own === undefined) this.#troubles.set("cert", { kind: "notPem" });
    if (own !== undefined && key !== undefined && !isPair(own, key)) this.#troubles.set("cert", { kind: "otherKey" });
    return this.#troubles.size === 0;
  }
}

/** Several hosts of one acquirer show certificates of their own. */
function numbered(sights: readonly CertificateSight[]): readonly CertificateSight[] {
  return sights.map((sight, index) => (index === 0 ? sight : { ...sight, use: `${sight.use}#${index + 1}` }));
}

function isPair(certificate: X509Certificate, key: Secret): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key.reveal()));
  } catch {
    return false;
  }
}

function isSame(a: TlsFiles, b: TlsFiles): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key?.reveal() === b.key?.reveal();
}
