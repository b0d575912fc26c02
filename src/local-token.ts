import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "./runtime/log.ts";
import { Secret } from "./runtime/secret.ts";

/** In the store's directory, which the gateway's user and root can read: whoever can, may act on this gateway. */
export const LOCAL_TOKEN_FILE = "local.token";
const TOKEN_BYTES = 32;

/**
 * Makes a new token for this life of the daemon and lays it down for its owner alone.
 *
 * @returns `undefined` when the disk refuses it: then nothing can be done over the local endpoint, and all else goes on.
 */
export async function layDownToken(directory: string, log: Log): Promise<Secret | undefined> {
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const path = join(directory, LOCAL_TOKEN_FILE);
  const part = `${path}.part`;
  try {
    await rm(part, { force: true });
    const file = await open(part, "wx", 0o600);
    try {
      await file.writeFile(token);
    } finally {
      await file.close();
    }
    await rename(part, path);
    return new Secret(token);
  } catch (error) {
    log.warn("http.no-token", { path, error });
    return undefined;
  }
}
