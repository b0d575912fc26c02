import { execFile } from "node:child_process";
import { constants, open } from "node:fs";
import { createServer, type Socket } from "node:net";
import { ReadStream } from "node:tty";
import { promisify } from "node:util";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import type { ZvtTerminal } from "./terminal.ts";

export interface TcpZvt extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Connections that were turned away because there was one. */
  readonly turnedAway: number;
}

/**
 * Lets a terminal listen, for one till at a time: a second connection is closed at once. Disposing ends the listening and
 * the connections, not the terminal.
 *
 * @param port  0 picks a free one.
 * @throws the system's error, e.g. EADDRINUSE.
 */
export async function serveZvtTcp(terminal: ZvtTerminal, port = 0, host = "127.0.0.1"): Promise<TcpZvt> {
  let current: Socket | undefined;
  let turnedAway = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    if (current !== undefined) {
      turnedAway++;
      socket.destroy();
      return;
    }
    current = socket;
    socket.once("close", () => (current = undefined));
    terminal.serve(socket, "tcp");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  return {
    host,
    port: address !== null && typeof address === "object" ? address.port : port,
    get turnedAway() {
      return turnedAway;
    },
    [Symbol.asyncDispose]: async () => {
      current?.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

export interface PortZvt extends AsyncDisposable {
  readonly path: string;
}

/** ms between two looks for a port that is gone. */
const LOOK_MS = 100;

/**
 * Puts a terminal on a serial port or a pseudo-terminal. A port that goes away is opened again when it is back.
 *
 * @param baud  Where it is a real port.
 * @throws Error when it cannot be opened at first.
 */
export async function serveZvtPort(
  terminal: ZvtTerminal,
  path: string,
  baud = 115_200,
  clock: Clock = systemClock(),
): Promise<PortZvt> {
  const over = new AbortController();
  let port = await openPort(path, baud);
  const keep = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const closed = new Promise<void>((resolve) => {
        port.once("close", () => resolve());
      });
      terminal.serve(port, "serial");
      await closed;
      const again = await openAgain(path, baud, clock, over.signal);
      if (again === undefined) return;
      port = again;
    }
    port.destroy();
  };
  const kept = keep();
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      over.abort();
      port.destroy();
      await kept;
    },
  };
}

async function openAgain(
  path: string,
  baud: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<ReadStream | undefined> {
  while (!signal.aborted) {
    try {
      await clock.sleep(LOOK_MS, signal);
      return await openPort(path, baud);
    } catch {
      // Not there yet.
    }
  }
  return undefined;
}

/** Eight bits, two stop bits, no parity, nothing added or taken away (PA00P016). */
async function openPort(path: string, baud: number): Promise<ReadStream> {
  await promisify(execFile)("stty", ["-F", path, "raw", "-echo", "cs8", "cstopb", "-parenb", "clocal", String(baud)]);
  const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
  return new ReadStream(await promisify(open)(path, O_RDWR | O_NOCTTY | O_NONBLOCK, 0));
}
