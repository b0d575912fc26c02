import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Two pseudo-terminals that are joined as by a cable. */
export interface PtyCable extends AsyncDisposable {
  /** Of each end; the same after `plug`. */
  readonly near: string;
  readonly far: string;
  /** As when an adapter is pulled out: both ports are gone. */
  pull(): Promise<void>;
  plug(): Promise<void>;
}

/** ms. socat takes a few. */
const MADE_WITHIN_MS = 5_000;
const LOOK_MS = 10;

/**
 * Joins two ports by socat(1).
 *
 * @param directory  For the ports' names, near.tty and far.tty.
 * @returns undefined where socat is not there, or makes no ports.
 */
export async function ptyCable(directory: string): Promise<PtyCable | undefined> {
  const near = join(directory, "near.tty");
  const far = join(directory, "far.tty");
  const plug = async (): Promise<Plugged | undefined> => plugged([near, far]);
  let running = await plug();
  if (running === undefined) return undefined;
  const pull = async (): Promise<void> => {
    await running?.unplug();
    running = undefined;
  };
  return {
    near,
    far,
    pull,
    plug: async () => {
      running ??= await plug();
    },
    [Symbol.asyncDispose]: pull,
  };
}

interface Plugged {
  unplug(): Promise<void>;
}

async function plugged(names: readonly string[]): Promise<Plugged | undefined> {
  const child = spawn(
    "socat",
    names.map((name) => `pty,raw,echo=0,link=${name}`),
    // In a process group of its own: Ctrl-C in a terminal goes to the whole group, and whoever ends still needs the ports.
    { stdio: "ignore", detached: true },
  );
  const gone = Promise.race([once(child, "exit"), once(child, "error")]).then(
    () => undefined,
    () => undefined,
  );
  const over = new AbortController();
  const made = await Promise.race([
    allMade(names, over.signal),
    gone.then(() => false),
    delay(MADE_WITHIN_MS, false, { signal: over.signal, ref: false }),
  ]);
  over.abort();
  const unplug = async (): Promise<void> => {
    child.kill("SIGTERM");
    await gone;
    // What socat leaves behind would look like a port.
    for (const name of names) await rm(name, { force: true });
  };
  if (made) return { unplug };
  await unplug();
  return undefined;
}

async function allMade(names: readonly string[], signal: AbortSignal): Promise<boolean> {
  for (const name of names) {
    while (!(await isPort(name))) {
      if (signal.aborted) return false;
      await delay(LOOK_MS);
    }
  }
  return true;
}

async function isPort(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isCharacterDevice();
  } catch {
    return false;
  }
}
