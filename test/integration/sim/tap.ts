import { connect, createServer, type Socket } from "node:net";
import { USUAL_FRAMING, WireFrames } from "../../../src/sim/acquirer/frames.ts";

/** A piece of line that writes down whatever passes. */
export interface Tap extends AsyncDisposable {
  readonly port: number;
  /** Whole messages of both directions, in the order in which they passed. */
  readonly frames: readonly Buffer[];
}

export async function startTap(targetPort: number): Promise<Tap> {
  const frames: Buffer[] = [];
  const sockets = new Set<Socket>();
  const pass = (from: Socket, to: Socket): void => {
    const cutter = new WireFrames(USUAL_FRAMING);
    sockets.add(from);
    from.on("data", (chunk: Buffer) => {
      frames.push(...cutter.push(Buffer.from(chunk)));
      to.write(chunk);
    });
    from.on("end", () => to.end());
    from.on("error", () => to.destroy());
    from.once("close", () => sockets.delete(from));
  };
  const server = createServer((near) => {
    const far = connect(targetPort, "127.0.0.1");
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: address !== null && typeof address === "object" ? address.port : 0,
    frames,
    [Symbol.asyncDispose]: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
    },
  };
}
