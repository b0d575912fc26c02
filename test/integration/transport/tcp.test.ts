import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { LinkPlace } from "../../../src/drivers/transport/byte-link.ts";
import { countedPlace } from "../../../src/drivers/transport/counted-place.ts";
import { tcpPlace, type TcpPlaceOptions } from "../../../src/drivers/transport/tcp-place.ts";
import { waitUntil } from "../../support/wait-until.ts";

const never = new AbortController().signal;

interface Terminal extends AsyncDisposable {
  readonly port: number;
  readonly server: Server;
  place(options?: TcpPlaceOptions): LinkPlace;
}

async function terminal(onConnection: (socket: Socket) => void): Promise<Terminal> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it has no port");
  const { port } = address;
  return {
    port,
    server,
    place: (options) => tcpPlace({ host: "127.0.0.1", port }, options),
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

describe("a TCP link", () => {
  it("carries bytes both ways and counts them", async () => {
    await using echo = await terminal((socket) => socket.pipe(socket));
    const place = countedPlace(echo.place());
    let heard = "";
    await using link = await place.open((chunk) => (heard += Buffer.from(chunk).toString()), never);
    await link.write(Buffer.from("abc"));
    await link.write(Buffer.from("def"));
    await waitUntil("all has come back", () => heard === "abcdef");
    expect(place.counters()).toEqual({ linksOpened: 1, linkOpenFailures: 0, linksLost: 0, bytesIn: 6, bytesOut: 6 });
  });

  it("ends when the terminal closes, and opens anew", async () => {
    await using shy = await terminal((socket) => socket.end("bye"));
    const place = countedPlace(shy.place());
    for (let round = 1; round <= 2; round += 1) {
      let heard = "";
      const link = await place.open((chunk) => (heard += Buffer.from(chunk).toString()), never);
      expect((await link.ended).code).toBe("linkLost");
      expect(heard).toBe("bye");
      await expect(link.write(Buffer.from("x"))).rejects.toMatchObject({ code: "linkLost" });
      await link[Symbol.asyncDispose]();
      expect(place.counters().linksLost).toBe(round);
    }
  });

  it("ends when the terminal resets the connection", async () => {
    await using rude = await terminal((socket) => socket.once("data", () => socket.resetAndDestroy()));
    await using link = await rude.place().open(() => undefined, never);
    await link.write(Buffer.from("x"));
    expect((await link.ended).code).toBe("linkLost");
  });

  it("ends when the terminal does not read: a write is not taken in time", async () => {
    await using deaf = await terminal((socket) => socket.pause());
    await using link = await deaf.place({ writeWithinMs: 300 }).open(() => undefined, never);
    await expect(link.write(Buffer.alloc(64_000_000))).rejects.toMatchObject({ code: "linkLost" });
    expect((await link.ended).message).toContain("not taken within 300 ms");
  });

  it("is closed in time although the terminal neither reads nor closes, and leaves nothing behind", async () => {
    await using deaf = await terminal((socket) => socket.pause());
    const link = await deaf.place({ closeWithinMs: 200 }).open(() => undefined, never);
    const writing = link.write(Buffer.alloc(64_000_000));
    const written = expect(writing).rejects.toMatchObject({ code: "linkLost" });
    await link[Symbol.asyncDispose]();
    await written;
    expect((await link.ended).code).toBe("closed");
    const connections = async (): Promise<number> =>
      new Promise((resolve) => {
        deaf.server.getConnections((_, count) => resolve(count));
      });
    expect(await connections()).toBe(1);
    expect(process.getActiveResourcesInfo().filter((kind) => kind === "Timeout")).toEqual([]);
  });

  it("brings what was written before it was closed", async () => {
    let heard = "";
    await using listener = await terminal((socket) =>
      socket.on("data", (chunk: Buffer) => (heard += chunk.toString())),
    );
    const link = await listener.place().open(() => undefined, never);
    await link.write(Buffer.from("last words"));
    await link[Symbol.asyncDispose]();
    await waitUntil("it is heard", () => heard === "last words");
  });

  it("is unreachable, with what to do, where nothing listens", async () => {
    const gone = await terminal(() => undefined);
    const place = countedPlace(gone.place());
    await gone[Symbol.asyncDispose]();
    const opening = place.open(() => undefined, never);
    await expect(opening).rejects.toMatchObject({ code: "unreachable", detail: { found: "ECONNREFUSED" } });
    await expect(opening).rejects.toThrow(/check the port.*处理/);
    expect(place.counters().linkOpenFailures).toBe(1);
  });

  it("gives the signal's reason when opening is called off", async () => {
    const reason = new Error("stopped");
    const stop = new AbortController();
    await using listener = await terminal(() => undefined);
    const opening = listener.place().open(() => undefined, stop.signal);
    stop.abort(reason);
    await expect(opening).rejects.toBe(reason);
  });
});
