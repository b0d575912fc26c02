import { isIP, SocketAddress } from "node:net";

/** One spelling for one IP address, so that two spellings of it are recognised; other text as it is. */
export function canonicalAddress(text: string): string {
  const version = isIP(text);
  return version === 0 ? text : new SocketAddress({ address: text, family: version === 6 ? "ipv6" : "ipv4" }).address;
}
