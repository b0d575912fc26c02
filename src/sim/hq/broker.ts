import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { findMosquitto, Mosquitto } from "./mosquitto.ts";

/** A broker on loopback, for a demo on one machine. Disposing it ends it. */
export interface Broker extends AsyncDisposable {
  readonly kind: "mosquitto" | "aedes";
  readonly url: string;
  /** The newest version of MQTT that it speaks. */
  readonly protocol: "5" | "3.1.1";
}

/**
 * Starts mosquitto where it is installed, else the embedded aedes, which speaks 3.1.1 only and forgets all when it ends.
 *
 * @param directory  Of mosquitto's own, for its config and what it keeps.
 */
export async function startBroker(directory: string): Promise<Broker> {
  const program = findMosquitto();
  if (program === undefined) return startAedes();
  const mosquitto = await Mosquitto.start(program, { directory });
  return {
    kind: "mosquitto",
    url: `mqtt://127.0.0.1:${mosquitto.port}`,
    protocol: "5",
    [Symbol.asyncDispose]: async () => {
      await mosquitto[Symbol.asyncDispose]();
    },
  };
}

async function startAedes(): Promise<Broker> {
  const { Aedes } = await import("aedes");
  const aedes = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    aedes.handle(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
  return {
    kind: "aedes",
    url: `mqtt://127.0.0.1:${address.port}`,
    protocol: "3.1.1",
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        aedes.close(() => resolve());
      });
    },
  };
}
