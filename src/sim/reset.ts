import type { Socket } from "node:net";

/**
 * Ends a plain TCP connection with RST where that is possible, else at once without.
 *
 * After `end()` Node must not be asked for a reset: while the shutdown is under way libuv refuses it (EINVAL), and
 * Node 24 then loses the handle, which stays open and spins at a full processor once the peer has closed.
 */
export function resetSocket(socket: Socket): void {
  if (socket.connecting || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
