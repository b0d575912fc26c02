import { existsSync, globSync } from "node:fs";
import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where systemd-timesyncd says that it has set the clock: on a developer's machine it has. */
const MARK_DIRECTORY = "/run/systemd/timesync";

/** An empty directory in the mark's place, for this process alone. */
function withoutMark(): readonly string[] {
  if (!existsSync(join(MARK_DIRECTORY, "synchronized"))) return [];
  return ["unshare", "--mount", "sh", "-c", `mount -t tmpfs tmpfs ${MARK_DIRECTORY} && exec "$@"`, "sh"];
}

/**
 * A wall clock of its own for one process, which the test sets while that runs: libfaketime, from Debian's package
 * `faketime`. The monotonic clock stays the machine's. And a `timedatectl` that says what the test wants.
 */
export class FakeTime {
  readonly #directory: string;
  readonly #library: string;

  private constructor(directory: string, library: string) {
    this.#directory = directory;
    this.#library = library;
  }

  static async in(directory: string): Promise<FakeTime> {
    const [library] = globSync("/usr/lib/*/faketime/libfaketimeMT.so.1");
    if (library === undefined) throw new Error("libfaketime is not installed: sh scripts/install-test-tools.sh");
    await mkdir(directory, { recursive: true });
    const time = new FakeTime(directory, library);
    const timedatectl = join(directory, "timedatectl");
    await writeFile(timedatectl, `#!/bin/sh\nexec cat ${time.#answer}\n`);
    await chmod(timedatectl, 0o755);
    await time.set(0);
    await time.say("no");
    return time;
  }

  /** Command line under which a process lives in this time. */
  get prefix(): readonly string[] {
    return [
      ...withoutMark(),
      "env",
      `PATH=${this.#directory}:${process.env["PATH"] ?? ""}`,
      `LD_PRELOAD=${this.#library}`,
      `FAKETIME_TIMESTAMP_FILE=${this.#offset}`,
      "FAKETIME_NO_CACHE=1",
      "FAKETIME_DONT_FAKE_MONOTONIC=1",
    ];
  }

  /** From now on the wall clock differs so much from the machine's. Whole seconds. */
  async set(offsetS: number): Promise<void> {
    // In one step: a half-written file would be another time.
    await writeFile(`${this.#offset}.new`, `${offsetS < 0 ? "" : "+"}${offsetS}\n`);
    await rename(`${this.#offset}.new`, this.#offset);
  }

  /** What the kernel says of itself. */
  async say(keptRight: "yes" | "no"): Promise<void> {
    await writeFile(this.#answer, `${keptRight}\n`);
  }

  get #offset(): string {
    return join(this.#directory, "offset");
  }

  get #answer(): string {
    return join(this.#directory, "answer");
  }
}
