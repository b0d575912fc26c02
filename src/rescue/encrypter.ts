import { Encrypter } from "age-encryption";
import { RescueError } from "./rescue-error.ts";

/** @param recipient  Headquarters' public key. @throws RescueError `rescue.badRecipient`. */
export function encrypterFor(recipient: string): Encrypter {
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(recipient);
  } catch (cause) {
    throw new RescueError("rescue.badRecipient", `${recipient.slice(0, 70)} is no age recipient`, { cause });
  }
  return encrypter;
}
