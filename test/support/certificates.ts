import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  /** As OpenSSL spells them. Default 127.0.0.1 and localhost. */
  readonly altNames?: readonly string[];
  /** From now. Default 2; 0 has expired by the time it is used. */
  readonly days?: number;
}

/** An authority for one test. Node itself can read certificates but not make them, hence the `openssl` program. */
export interface CertificateAuthority {
  /** PEM, for whoever shall trust it. */
  readonly cert: string;
  issue(request: CertificateRequest): Promise<Certificate>;
}

const EC_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/**
 * @param directory  Of the test's own; keys and certificates stay there as files.
 * @throws Error when there is no `openssl` on this machine.
 */
export async function certificateAuthority(directory: string, name = "test authority"): Promise<CertificateAuthority> {
  const prefix = join(directory, `authority-${crypto.randomUUID()}`);
  const [key, cert] = [`${prefix}.key`, `${prefix}.pem`];
  await openssl(["req", "-x509", ...EC_KEY, "-keyout", key, "-out", cert, "-days", "2", "-subj", `/CN=${name}`]);
  return {
    cert: await readFile(cert, "utf8"),
    issue: (request) => issue({ key, cert }, directory, request),
  };
}

async function issue(
  authority: { readonly key: string; readonly cert: string },
  directory: string,
  { commonName, altNames = ["IP:127.0.0.1", "DNS:localhost"], days = 2 }: CertificateRequest,
): Promise<Certificate> {
  const prefix = join(directory, `issued-${crypto.randomUUID()}`);
  const [key, request, cert, extensions] = [`${prefix}.key`, `${prefix}.csr`, `${prefix}.pem`, `${prefix}.ext`];
  await writeFile(extensions, `subjectAltName=${altNames.join(",")}\nbasicConstraints=CA:FALSE\n`);
  await openssl(["req", "-new", ...EC_KEY, "-keyout", key, "-out", request, "-subj", `/CN=${commonName}`]);
  const signing = ["x509", "-req", "-in", request, "-CA", authority.cert, "-CAkey", authority.key, "-out", cert];
  await openssl([...signing, "-days", String(days), "-extfile", extensions, "-set_serial", String(Date.now())]);
  return { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
}

async function openssl(args: readonly string[]): Promise<void> {
  try {
    await run("openssl", args);
  } catch (error) {
    throw new Error(`openssl ${args[0] ?? ""} failed: is openssl installed? (scripts/install-test-tools.sh)`, {
      cause: error,
    });
  }
}
