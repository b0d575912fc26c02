import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { constants } from "node:fs";
import { chown, type FileHandle, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { RescueError } from "./rescue-error.ts";

const KEY_FILE = "rescue.key";
const PREFIX = "ed25519:";
/** DER of an Ed25519 public key before its 32 bytes (RFC 8410, section 10.1). */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");

/** What a gateway signs rescue files with. */
export interface GatewayKey {
  /** `ed25519:` and 43 characters: what headquarters pins. */
  readonly publicKey: string;
  /** `false`: the store could not be written, so this key is of one file only. */
  readonly isKept: boolean;
  sign(bytes: Buffer): Buffer;
}

/**
 * The gateway's key from its store, made on first use for its owner alone.
 *
 * @throws RescueError `rescue.keyUnreadable`: another is not made in its place, because headquarters has pinned this one.
 */
export async function gatewayKey(store: string): Promise<GatewayKey> {
  const path = join(store, KEY_FILE);
  const made = generateKeyPairSync("ed25519").privateKey;
  let file: FileHandle;
  try {
    file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return keyOf(await readKey(path), true);
    if (["EROFS", "EACCES", "EPERM", "ENOSPC"].includes(codeOf(error))) return keyOf(made, false);
    throw error;
  }
  try {
    await file.writeFile(made.export({ type: "pkcs8", format: "pem" }));
    await file.sync();
  } finally {
    await file.close();
  }
  if (process.getuid?.() === 0) {
    const { uid, gid } = await stat(store);
    await chown(path, uid, gid);
  }
  return keyOf(made, true);
}

/** @throws RescueError `rescue.badGatewayKey`. */
export function isSignedBy(publicKey: string, bytes: Buffer, signature: Buffer): boolean {
  return verify(null, bytes, publicKeyOf(publicKey), signature);
}

/** @throws RescueError `rescue.badGatewayKey`. */
export function publicKeyOf(text: string): KeyObject {
  const raw = Buffer.from(text.slice(PREFIX.length), "base64url");
  if (!text.startsWith(PREFIX) || raw.length !== 32 || textOf(raw) !== text) {
    throw new RescueError("rescue.badGatewayKey", `${text.slice(0, 60)} is no gateway's key`);
  }
  return createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), type: "spki", format: "der" });
}

async function readKey(path: string): Promise<KeyObject> {
  try {
    const key = createPrivateKey(await readFile(path));
    if (key.asymmetricKeyType === "ed25519") return key;
    throw new Error(`it is of type ${key.asymmetricKeyType ?? "unknown"}`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RescueError("rescue.keyUnreadable", `${path}: ${reason}`, { cause });
  }
}

function keyOf(key: KeyObject, isKept: boolean): GatewayKey {
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  return {
    publicKey: textOf(der.subarray(SPKI_HEAD.length)),
    isKept,
    sign: (bytes) => sign(null, bytes, key),
  };
}

function textOf(raw: Buffer): string {
  return PREFIX + raw.toString("base64url");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
