import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Secret } from "../runtime/secret.ts";
import { syncDirectory } from "./directory.ts";

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = "aes-256-gcm";

/** A week's key for card tokens. */
export interface CardKeyState {
  /** ms since 1970: when this key was begun. */
  readonly since: number;
  readonly key: Buffer;
}

/** As it stands in `cards.key`: `sealed` is nonce, ciphertext and tag; base64. */
type Stored = { readonly version: 1; readonly since: number } & (
  | { readonly key: string }
  | { readonly sealed: string }
);

export function encodeCardKey({ since, key }: CardKeyState, secret: Secret | undefined): string {
  const stored: Stored =
    secret === undefined
      ? { version: 1, since, key: key.toString("base64") }
      : { version: 1, since, sealed: seal(key, since, secret).toString("base64") };
  return `${JSON.stringify(stored)}\n`;
}

/**
 * @returns also whether the file held the key open although there is a secret to seal it with.
 * @throws Error when it cannot be read with this secret.
 */
export function decodeCardKey(text: string, secret: Secret | undefined): CardKeyState & { readonly wasOpen: boolean } {
  const { version, since, key, sealed } = members(JSON.parse(text));
  if (version !== 1 || typeof since !== "number") throw new Error("not a card key file of version 1");
  const bytes = typeof key === "string" ? Buffer.from(key, "base64") : unseal(sealed, since, secret);
  if (bytes.length !== KEY_BYTES) throw new Error(`a card key has ${KEY_BYTES} bytes, this one ${bytes.length}`);
  return { since, key: bytes, wasOpen: typeof key === "string" };
}

/** Replaces the file in one step: after a power loss it is the old one or the new one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.new`;
  const handle = await open(next, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, path);
  syncDirectory(dirname(path));
}

function seal(key: Buffer, since: number, secret: Secret): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, wrappingKey(secret), nonce).setAAD(boundTo(since));
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

function unseal(sealed: unknown, since: number, secret: Secret | undefined): Buffer {
  if (typeof sealed !== "string") throw new Error("a card key file without a key");
  if (secret === undefined) throw new Error("the card key is sealed, and no secret was given");
  const bytes = Buffer.from(sealed, "base64");
  if (bytes.length !== NONCE_BYTES + KEY_BYTES + TAG_BYTES) throw new Error("the sealed card key has a wrong length");
  const decipher = createDecipheriv(CIPHER, wrappingKey(secret), bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(boundTo(since)).setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
}

function wrappingKey(secret: Secret): Buffer {
  return Buffer.from(hkdfSync("sha256", secret.reveal(), "", "tillgate card key wrapping", KEY_BYTES));
}

function boundTo(since: number): Buffer {
  return Buffer.from(`tillgate card key 1 ${since}`);
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw new Error("not a card key file");
  return { ...value };
}
