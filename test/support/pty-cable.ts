import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { tempDir } from "./temp-dir.ts";
import { waitUntil } from "./wait-until.ts";

/** Two pseudo-terminals joined by socat. */
export interface PtyCable extends AsyncDisposable {
  readonly path: string;
  readonly far: string;
  /** As when an adapter is pulled out: both ports are gone. */
  pull(): Promise<void>;
  replug(): Promise<void>;
}

export async function ptyCable(): Promise<PtyCable> {
  const dir = await tempDir();
  const [path, far] = [dir.file("near"), dir.file("far")];
  const plug = async (): Promise<() => Promise<void>> => {
    const child = spawn(
      "socat",
      [path, far].map((link) => `pty,raw,echo=0,link=${link}`),
      { stdio: "ignore" },
    );
    const gone = once(child, "exit");
    for (const link of [path, far]) {
      await waitUntil(`socat has made ${link}`, async () => (await stat(link)).isCharacterDevice());
    }
    return async () => {
      child.kill("SIGTERM");
      await gone;
    };
  };
  let unplug = await plug();
  return {
    path,
    far,
    pull: async () => unplug(),
    replug: async () => {
      unplug = await plug();
    },
    [Symbol.asyncDispose]: async () => {
      await unplug();
      await dir[Symbol.asyncDispose]();
    },
  };
}
