import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Certificate {
  /** Paths of PEM files. */
  readonly cert: string;
  readonly key: string;
  /** Their content. */
  readonly certPem: string;
  readonly keyPem: string;
}

/** A self-signed certificate for `localhost` and 127.0.0.1, which is its own authority. Needs openssl. */
export async function selfSigned(directory: string, name: string, days = 365): Promise<Certificate> {
  const cert = join(directory, `${name}.pem`);
  const key = join(directory, `${name}.key`);
  const kind = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split(" ");
  const names = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const files = ["-keyout", key, "-out", cert];
  await run("openssl", [...kind, "-days", String(days), ...names, ...files]);
  return { cert, key, certPem: await readFile(cert, "utf8"), keyPem: await readFile(key, "utf8") };
}
