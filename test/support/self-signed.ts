import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Certificate {
  /** Paths of PEM files. */
  readonly cert: string;
  readonly key: string;
  /** Their content. */
  readonly certPem: string;
  readonly keyPem: string;
}

/** A self-signed certificate for `localhost` and 127.0.0.1, which is its own authority. Needs openssl. */
export function selfSigned(directory: string, name: string, days = 365): Certificate {
  const cert = join(directory, `${name}.pem`);
  const key = join(directory, `${name}.key`);
  const kind = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split(" ");
  const names = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const files = ["-keyout", key, "-out", cert];
  execFileSync("openssl", [...kind, "-days", String(days), ...names, ...files], { stdio: "ignore" });
  return { cert, key, certPem: readFileSync(cert, "utf8"), keyPem: readFileSync(key, "utf8") };
}
