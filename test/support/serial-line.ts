import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { type TempDir, tempDir } from "./temp-dir.ts";
import { waitUntil } from "./wait-until.ts";

/** A pseudo-terminal by socat. Two of them are the two ends of a cable. */
export interface SerialLine extends AsyncDisposable {
  /** Of the end that is tested. */
  readonly path: string;
  /** The other end: a second port with `serialCable`, this test's own socket with `serialLine`. */
  readonly far: string;
  /** As when an adapter is pulled out: the port is gone. */
  pull(): Promise<void>;
}

/** A line whose far end is a socket of this test: what a terminal would do is the test's to say. */
export async function serialLine(
  onTerminal: (terminal: Socket) => void,
): Promise<SerialLine & { replug(): Promise<void> }> {
  const dir = await tempDir();
  const far = dir.file("far.sock");
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    onTerminal(socket);
  });
  server.listen(far);
  await once(server, "listening");
  const path = dir.file("near");
  const ends = [`pty,raw,echo=0,link=${path}`, `UNIX-CONNECT:${far}`];
  let running = await plug(ends, [path]);
  return {
    path,
    far,
    pull: async () => running.kill(),
    replug: async () => {
      // Else the one before could still be there, and take the new port's name away with it.
      await running.kill();
      running = await plug(ends, [path]);
    },
    [Symbol.asyncDispose]: async () => {
      await running.kill();
      server.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

/** Two ports joined by a cable. */
export async function serialCable(dir?: TempDir): Promise<SerialLine & { replug(): Promise<void> }> {
  const own = dir ?? (await tempDir());
  const path = own.file("near");
  const far = own.file("far");
  const ends = [`pty,raw,echo=0,link=${path}`, `pty,raw,echo=0,link=${far}`];
  let running = await plug(ends, [path, far]);
  return {
    path,
    far,
    pull: async () => running.kill(),
    replug: async () => {
      running = await plug(ends, [path, far]);
    },
    [Symbol.asyncDispose]: async () => {
      await running.kill();
      if (dir === undefined) await own[Symbol.asyncDispose]();
    },
  };
}

async function plug(ends: readonly string[], links: readonly string[]): Promise<{ kill(): Promise<void> }> {
  const child = spawn("socat", ends, { stdio: "ignore" });
  const gone = once(child, "exit");
  for (const link of links)
    await waitUntil(`socat has made ${link}`, async () => (await stat(link)).isCharacterDevice());
  return {
    kill: async () => {
      child.kill("SIGTERM");
      await gone;
    },
  };
}
