import { createHash } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";

/**
 * Where a ledger lives: this machine's id and the directory's path, hashed together, because the machine's own id should not
 * leave it (machine-id(5)). A copy of the directory, on another machine or on this one, thus has another.
 * `undefined` where the machine has no id, as in most containers: then nothing can be told, and nothing is.
 */
export function machineIdOf(directory: string, idFile = "/etc/machine-id"): string | undefined {
  let id: string;
  try {
    id = readFileSync(idFile, "utf8").trim();
  } catch {
    return undefined;
  }
  // Before a machine's first boot has ended the file may say `uninitialized`.
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  return createHash("sha256")
    .update(`tillgate\0${id}\0${realpathSync(directory)}`)
    .digest("hex");
}
