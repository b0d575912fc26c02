import { readFile } from "node:fs/promises";
import { Decrypter, identityToRecipient } from "age-encryption";
import { RescueError } from "./rescue-error.ts";

/** Headquarters' secret keys. */
export interface Identity {
  readonly decrypter: Decrypter;
  /** The public halves. */
  readonly recipients: readonly string[];
}

/** @param file  As age-keygen writes it. @throws RescueError `rescue.badIdentity`. */
export async function readIdentity(file: string): Promise<Identity> {
  const decrypter = new Decrypter();
  const recipients: string[] = [];
  try {
    for (const line of (await readFile(file, "utf8")).split(/\r?\n/)) {
      if (line.trim() === "" || line.startsWith("#")) continue;
      decrypter.addIdentity(line.trim());
      recipients.push(await identityToRecipient(line.trim()));
    }
  } catch {
    // Without its cause, whose words could quote the key.
    throw new RescueError("rescue.badIdentity", `${file} cannot be read as an age identity`);
  }
  if (recipients.length === 0) throw new RescueError("rescue.badIdentity", `${file} holds no identity`);
  return { decrypter, recipients };
}
