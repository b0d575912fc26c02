import type { Config } from "./config/schema.ts";
import {
  type FileFault,
  type Reading,
  readSecret,
  readTls,
  type SecretSources,
  type TlsFiles,
} from "./config/secrets.ts";
import type { Role } from "./domain/role.ts";
import type { AcquirerId, TerminalId } from "./domain/terminal.ts";
import type { DrivenOptions } from "./config-families.ts";
import type { AcquirerOptions } from "./drivers/table.ts";
import { isZvtPassword } from "./drivers/zvt/password.ts";
import type { Secret } from "./runtime/secret.ts";
import type { SecretReference } from "./runtime/secret-reference.ts";
import type { TlsOptions } from "./runtime/tls-options.ts";

/** The checked config with the driver families' own options in it. */
export type GatewayConfig = Config<AcquirerOptions, DrivenOptions>;

/** What the config names but does not contain. */
export interface GatewaySecrets {
  readonly cardKey?: Secret | undefined;
  readonly password?: Secret | undefined;
  readonly uplinkTls?: TlsFiles | undefined;
  readonly acquirerTls: ReadonlyMap<AcquirerId, TlsFiles>;
  /** Of terminals whose protocol has one. */
  readonly passwords: ReadonlyMap<TerminalId, Secret>;
  /** Who may act over the API. */
  readonly credentials: readonly TokenHolder[];
}

export interface TokenHolder {
  readonly name: string;
  readonly role: Role;
  readonly secret: Secret;
}

/** A config that names no secret. */
export const NO_SECRETS: GatewaySecrets = { acquirerTls: new Map(), passwords: new Map(), credentials: [] };

/** A token can be tried as often as the endpoint answers: so many characters are beyond guessing. */
const TOKEN_LEAST = 32;
/** As the endpoint reads it from a request. */
const TOKEN = /^[\x21-\x7e]{1,256}$/;

/** Reads every secret and TLS file that the config refers to, and tells every fault of all of them at once. */
export async function readSecrets(config: GatewayConfig, sources: SecretSources): Promise<Reading<GatewaySecrets>> {
  const faults: FileFault[] = [];
  const warnings: FileFault[] = [];
  const collect = <T>(reading: Reading<T>): T | undefined => {
    if (reading.ok) warnings.push(...reading.warnings);
    else faults.push(...reading.faults);
    return reading.ok ? reading.value : undefined;
  };
  const secret = async (reference: SecretReference | undefined): Promise<Secret | undefined> =>
    reference === undefined ? undefined : collect(await readSecret(reference, sources));
  const tls = async (options: TlsOptions | undefined): Promise<TlsFiles | undefined> =>
    options === undefined ? undefined : collect(await readTls(options, sources));

  const cardKey = await secret(config.store.cardKey);
  const password = await secret(config.uplink.password);
  const uplinkTls = await tls(config.uplink.tls);
  const acquirerTls = new Map<AcquirerId, TlsFiles>();
  for (const acquirer of config.acquirers) {
    const files = await tls(acquirer.tls);
    if (files !== undefined) acquirerTls.set(acquirer.id, files);
  }
  const passwords = new Map<TerminalId, Secret>();
  for (const terminal of config.terminals) {
    const value = await secret("password" in terminal ? terminal.password : undefined);
    if (value === undefined) continue;
    if (terminal.family === "zvt" && !isZvtPassword(value)) faults.push(notSixDigits(terminal.id));
    passwords.set(terminal.id, value);
  }
  const credentials: TokenHolder[] = [];
  for (const { name, role, token } of config.http.tokens) {
    const value = await secret(token);
    if (value === undefined) continue;
    const text = value.reveal();
    const other = credentials.find(({ secret: known }) => known.reveal() === text);
    if (text.length < TOKEN_LEAST) faults.push(tooShort(name));
    else if (!TOKEN.test(text)) faults.push(notForHeaders(name));
    else if (other !== undefined) faults.push(sameToken(name, other.name));
    credentials.push({ name, role, secret: value });
  }
  if (faults.length > 0) return { ok: false, faults };
  return { ok: true, value: { cardKey, password, uplinkTls, acquirerTls, passwords, credentials }, warnings };
}

function notSixDigits(terminal: TerminalId): FileFault {
  return {
    what: `terminals: ${terminal}`,
    found: "a password that is not six digits",
    remedy: "write the six digits that the terminal was set up with into that file or credential",
  };
}

function tooShort(name: string): FileFault {
  return {
    what: `http.tokens: ${name}`,
    found: "a token that could be guessed",
    remedy: `write a random one of at least ${TOKEN_LEAST} characters: openssl rand -base64 33`,
  };
}

function notForHeaders(name: string): FileFault {
  return {
    what: `http.tokens: ${name}`,
    found: "a token that no request can carry",
    remedy: "write one of at most 256 letters, digits and signs without spaces: openssl rand -base64 33",
  };
}

/** Who asks is known by the token alone: a till would be its supervisor, or the till beside it. */
function sameToken(name: string, other: string): FileFault {
  return {
    what: `http.tokens: ${name}`,
    found: `the token of ${other}`,
    remedy: "give each name a token of its own: openssl rand -base64 33",
  };
}
