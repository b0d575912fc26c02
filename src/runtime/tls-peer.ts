import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

/** What the other side of a TLS connection showed: its certificate, or Node's code for which that was refused. */
export type PeerShown = { readonly certificate: X509Certificate } | { readonly refused: string };

/** @param place  `host:port` that was dialled. Must not throw. */
export type SawPeer = (place: string, shown: PeerShown) => void;

/** A certificate outside its time (nodejs.org, "X509 certificate error codes"). It is gone with the socket: only the code stays. */
const OUTSIDE_ITS_TIME: ReadonlySet<string> = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);

/** Tells what the peer shows in the handshake that is under way. */
export function watchPeer(socket: TLSSocket, place: string, saw: SawPeer): void {
  socket.once("secureConnect", () => {
    const certificate = socket.getPeerX509Certificate();
    if (certificate !== undefined) saw(place, { certificate });
  });
  socket.once("error", (error: NodeJS.ErrnoException) => {
    const { code = "" } = error;
    if (OUTSIDE_ITS_TIME.has(code)) saw(place, { refused: code });
  });
}
