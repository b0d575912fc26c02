import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Words } from "../../../domain/words.ts";
import { aborted } from "../../../runtime/aborted.ts";
import { type KeepFollowing, keepFollowing } from "../../../runtime/follow-tool.ts";
import { messageOfJournal, messageOfKmsg } from "./kernel-lines.ts";

const MAX_RECORD = 8_192;
const TOO_LONG = 65_536;
/** systemd says so when it opens only what this user may see. */
const SEES_NOTHING = /not seeing messages|insufficient permissions|No journal files were (?:found|opened)/i;

/**
 * The kernel's own messages from now on: of `/dev/kmsg` where this user may read it, else of the journal, which asks for the
 * group `systemd-journal`. Optional: without both nothing is known of what the kernel says.
 */
export class KernelLog {
  readonly #kmsg: string;
  readonly #deps: KeepFollowing;
  readonly #onMessage: (message: string) => void;
  #file: FileHandle | undefined;
  #heardSince: number | undefined;

  /** @param kmsg  Path of the kernel's log device. */
  constructor(kmsg: string, deps: KeepFollowing, onMessage: (message: string) => void) {
    this.#kmsg = kmsg;
    this.#deps = deps;
    this.#onMessage = onMessage;
  }

  /** ms, monotonic. */
  get heardSince(): number | undefined {
    return this.#heardSince;
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      this.#file = await open(this.#kmsg, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch {
      await this.#followJournal(signal);
      return;
    }
    try {
      // What was before we came is not counted.
      await this.#records();
      this.#heardSince = this.#deps.clock.monotonicMs();
      await aborted(signal);
    } finally {
      this.#heardSince = undefined;
      await this.#file.close();
      this.#file = undefined;
    }
  }

  /** The device wakes nobody who has not a thread to spare: its records are fetched. */
  async fetch(): Promise<void> {
    if (this.#heardSince === undefined || this.#file === undefined) return;
    for (const line of (await this.#records()).split("\n")) this.#tell(messageOfKmsg(line));
  }

  /** All that is there. */
  async #records(): Promise<string> {
    const buffer = Buffer.alloc(MAX_RECORD);
    let text = "";
    for (;;) {
      try {
        const { bytesRead = 0 } = (await this.#file?.read(buffer, 0, buffer.length, null)) ?? {};
        if (bytesRead === 0) return text;
        text += buffer.toString("utf8", 0, bytesRead);
      } catch (error) {
        // Records that were overwritten before they were fetched; what follows them is still there.
        if (error instanceof Error && "code" in error && error.code === "EPIPE") continue;
        return text;
      }
    }
  }

  async #followJournal(signal: AbortSignal): Promise<void> {
    let rest = "";
    await keepFollowing(
      {
        command: "journalctl",
        args: ["--dmesg", "--follow", "--lines=0", "--output=json"],
        onStart: () => (this.#heardSince = this.#deps.clock.monotonicMs()),
        onText: (text) => {
          const lines = (rest + text).split("\n");
          rest = (lines.pop() ?? "").slice(-TOO_LONG);
          for (const line of lines) this.#tell(messageOfJournal(line));
        },
        onComplaint: (text) => {
          if (SEES_NOTHING.test(text)) this.#heardSince = undefined;
        },
      },
      () => (this.#heardSince = undefined),
      this.#deps,
      signal,
    );
    this.#heardSince = undefined;
  }

  #tell(message: string | undefined): void {
    if (message !== undefined) this.#onMessage(message);
  }
}

export const NOT_HEARD: Words = {
  en: "The kernel's own messages are not read: the service's user needs the group systemd-journal. Replugging and over-current are seen all the same.",
  zh: "未读取内核消息：服务用户需加入 systemd-journal 组。重新连接和过流仍可发现。",
};
