import { InvalidArgumentError } from "commander";

/** Where a gateway's local endpoint listens when its config does not say. */
export const DEFAULT_URL = "http://127.0.0.1:8480";

export function readUrl(value: string): string {
  const url = URL.parse(value);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new InvalidArgumentError(`Allowed: a URL such as ${DEFAULT_URL}.`);
  }
  return url.href;
}
