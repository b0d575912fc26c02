import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { currency } from "../../../src/domain/money.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import type { LinkPlace } from "../../../src/drivers/transport/byte-link.ts";
import { linkPlace } from "../../../src/drivers/transport/link-place.ts";
import { tcpPlace } from "../../../src/drivers/transport/tcp-place.ts";
import { zvtDriver } from "../../../src/drivers/zvt/index.ts";
import { zvtOptions } from "../../../src/drivers/zvt/options.ts";
import { serialLine } from "../../support/serial-line.ts";
import type { DriverWorld } from "./world.ts";
import { ZvtPeer } from "./zvt-peer.ts";

/** Long enough for a machine that is busy, short enough to wait for. */
const TIMES = { answerTimeoutMs: 1000, completionTimeoutS: 1.5, ackTimeoutMs: 700 };

/** @param link  In the words of the config. */
function worldAt(link: unknown, place: LinkPlace, peer: ZvtPeer, close: () => Promise<void>): DriverWorld {
  const parsed = zvtOptions.parse({ family: "zvt", link, expect: { serial: peer.expectedSerial } });
  const options = { ...parsed, ...TIMES };
  const setup = { terminal: terminalId("till-1"), options, currency: currency("EUR"), timezone: "Europe/Berlin" };
  return {
    family: "zvt",
    peer,
    patienceMs: 20_000,
    driver: (deps) => zvtDriver(setup, place, deps),
    [Symbol.asyncDispose]: close,
  };
}

export async function zvtOnTcp(): Promise<DriverWorld> {
  const peer = new ZvtPeer();
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    peer.connect(socket, "tcp");
  });
  peer.linksNow = () => sockets.size;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const place = tcpPlace({ host: "127.0.0.1", port }, { writeWithinMs: 1000, closeWithinMs: 500 });
  return worldAt({ tcp: `127.0.0.1:${port}` }, place, peer, async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}

/** A terminal behind a pseudo-terminal. A cut pulls the adapter out; it is back before the port is opened again. */
export async function zvtOnSerial(): Promise<DriverWorld> {
  const peer = new ZvtPeer();
  let open = 0;
  let pulled = false;
  let closed = false;
  const line = await serialLine((socket) => {
    socket.on("close", () => (pulled = true));
    peer.connect(socket, "serial");
  });
  peer.linksNow = () => open;
  const link = { serial: { path: line.path } };
  const real = linkPlace(zvtOptions.parse({ family: "zvt", link }).link);
  const place: LinkPlace = {
    name: real.name,
    kind: "serial",
    open: async (onBytes, signal) => {
      if (pulled && !closed) await line.replug();
      pulled = false;
      const opened = await real.open(onBytes, signal);
      open++;
      void opened.ended.then(() => open--);
      return opened;
    },
  };
  return worldAt(link, place, peer, async () => {
    if (closed) return;
    closed = true;
    await line[Symbol.asyncDispose]();
  });
}
