import { createServer, type Socket } from "node:net";
import { resetSocket } from "../../../src/sim/reset.ts";

/** Sends back what it hears and closes when the other end does. */
export interface Echo extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  isReading: boolean;
  readonly accepted: number;
  readonly open: number;
  resetAll(): void;
}

export async function startEcho(): Promise<Echo> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    if (echo.isReading) socket.pipe(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const resetAll = (): void => {
    for (const socket of sockets) resetSocket(socket);
  };
  const echo: Echo = {
    host: "127.0.0.1",
    port: address !== null && typeof address === "object" ? address.port : 0,
    isReading: true,
    get accepted() {
      return accepted;
    },
    get open() {
      return sockets.size;
    },
    resetAll,
    [Symbol.asyncDispose]: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        resetAll();
      });
    },
  };
  return echo;
}
