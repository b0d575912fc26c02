import { constants, open } from "node:fs/promises";
import { join } from "node:path";
import { Secret } from "../runtime/secret.ts";
import { displayReference, type SecretReference } from "../runtime/secret-reference.ts";
import type { TlsOptions } from "../runtime/tls-options.ts";

/** Where references lead. */
export interface SecretSources {
  /** `$CREDENTIALS_DIRECTORY` (systemd.exec(5)); absent when the service has no credentials. */
  readonly credentialsDirectory: string | undefined;
}

/** What stands in the way of a secret or a TLS file, or makes it less of a secret. Never its content. */
export interface FileFault {
  /** E.g. `credential mqtt.password` or `file /etc/tillgate/tls/ca.pem`. */
  readonly what: string;
  readonly found: string;
  readonly remedy: string;
}

export type Reading<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly FileFault[] }
  | { readonly ok: false; readonly faults: readonly FileFault[] };

/** What a TLS client needs, read from its files. */
export interface TlsFiles {
  readonly servername?: string;
  /** PEM. */
  readonly ca?: string;
  /** PEM. */
  readonly cert?: string;
  /** PEM. */
  readonly key?: Secret;
}

/** Bytes. Keys, passwords and bundles of authorities are smaller. */
const MAX_BYTES = 1_048_576;
/** Permission bit: others may read (inode(7)). */
const OTHERS_READ = 0o004;

/** Reads one secret. A line end after it does not belong to it: editors and `echo` add one. */
export async function readSecret(reference: SecretReference, sources: SecretSources): Promise<Reading<Secret>> {
  const what = displayReference(reference);
  if (!("credential" in reference)) return secretFrom(reference.file, what);
  if (sources.credentialsDirectory === undefined) {
    return failed({
      what,
      found: "no credentials directory: the process was not started by systemd with credentials",
      remedy: `add LoadCredential=${reference.credential}:/PATH to the unit, or use { file: /PATH } here`,
    });
  }
  return secretFrom(join(sources.credentialsDirectory, reference.credential), what);
}

/** Reads all files that a `tls` section names; every fault of all of them at once. */
export async function readTls(options: TlsOptions, sources: SecretSources): Promise<Reading<TlsFiles>> {
  const [ca, cert, key] = await Promise.all([
    pemFrom(options.ca),
    pemFrom(options.cert),
    options.key === undefined ? nothing : readSecret(options.key, sources),
  ]);
  if (!ca.ok || !cert.ok || !key.ok) {
    return { ok: false, faults: [ca, cert, key].flatMap((reading) => (reading.ok ? [] : reading.faults)) };
  }
  return {
    ok: true,
    value: {
      ...(options.servername === undefined ? {} : { servername: options.servername }),
      ...(ca.value === undefined ? {} : { ca: ca.value }),
      ...(cert.value === undefined ? {} : { cert: cert.value }),
      ...(key.value === undefined ? {} : { key: key.value }),
    },
    warnings: key.warnings,
  };
}

const nothing = { ok: true, value: undefined, warnings: [] } as const;

async function pemFrom(path: string | undefined): Promise<Reading<string | undefined>> {
  if (path === undefined) return nothing;
  const read = await readBounded(path, `file ${path}`);
  return read.ok ? { ok: true, value: read.value.text, warnings: [] } : read;
}

async function secretFrom(path: string, what: string): Promise<Reading<Secret>> {
  const read = await readBounded(path, what);
  if (!read.ok) return read;
  const { text, mode } = read.value;
  const value = text.replace(/\r?\n$/, "");
  if (value === "") return failed({ what, found: "an empty file", remedy: `write the secret into ${path}` });
  const exposed = { what, found: `${path} can be read by everyone on this machine`, remedy: `chmod 600 ${path}` };
  return { ok: true, value: new Secret(value), warnings: (mode & OTHERS_READ) === 0 ? [] : [exposed] };
}

async function readBounded(path: string, what: string): Promise<Reading<{ text: string; mode: number }>> {
  try {
    // A pipe would otherwise hold the start until somebody writes into it.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = await file.stat();
    if (!status.isFile() || status.size > MAX_BYTES) {
      const found = status.isFile() ? `${path} has ${status.size} bytes` : `${path} is not a file`;
      return failed({ what, found, remedy: `name a file of at most ${MAX_BYTES} bytes` });
    }
    return { ok: true, value: { text: await file.readFile("utf8"), mode: status.mode }, warnings: [] };
  } catch (error) {
    return failed({
      what,
      found: whyUnreadable(path, error),
      remedy: `make ${path} exist and readable for the daemon`,
    });
  }
}

function whyUnreadable(path: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "ENOENT") return `no file ${path}`;
  return code === "EACCES" ? `no permission to read ${path}` : `${path} cannot be read (${code})`;
}

function failed(fault: FileFault): { readonly ok: false; readonly faults: readonly FileFault[] } {
  return { ok: false, faults: [fault] };
}
