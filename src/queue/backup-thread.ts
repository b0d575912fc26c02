import { setPriority } from "node:os";
import { type MessagePort, parentPort } from "node:worker_threads";
import { assertNever } from "../domain/assert-never.ts";
import { makeBackup } from "./backup/make-backup.ts";
import type { BackupAnswer, BackupRequest } from "./backup/messages.ts";
import type { Call, FromThread } from "./messages.ts";
import { failureOf } from "./sqlite.ts";

/** Makes one backup, then another; asked to close, it gives up the one under way. */
class BackupThread {
  readonly #port: MessagePort;
  readonly #stop = new AbortController();
  #underWay: Promise<void> = Promise.resolve();

  constructor(port: MessagePort) {
    this.#port = port;
  }

  take({ id, request }: Call<BackupRequest>): void {
    switch (request.type) {
      case "backup":
        this.#underWay = this.#answer(id, async () => ({
          type: "backup",
          made: await makeBackup(request.job, this.#stop.signal),
        }));
        return;
      case "close":
        void this.#close(id);
        return;
      default:
        assertNever(request);
    }
  }

  async #close(id: number): Promise<void> {
    this.#stop.abort(new Error("the gateway is stopping"));
    await this.#underWay;
    await this.#answer(id, async () => ({ type: "close" }));
    this.#port.close();
  }

  async #answer(id: number, work: () => Promise<BackupAnswer>): Promise<void> {
    try {
      this.#say({ kind: "answer", id, answer: await work() });
    } catch (error) {
      this.#say({ kind: "failed", id, failure: failureOf(error) });
    }
  }

  #say(message: FromThread<BackupAnswer>): void {
    this.#port.postMessage(message);
  }
}

/** Below the reader's 5: a sale goes first, then pages for headquarters, then this. */
const NICE = 10;

if (parentPort === null) throw new Error("backups are made in a worker thread");
// 0 is the calling thread on Linux alone (setpriority(2), "BUGS"), the whole process elsewhere.
if (process.platform === "linux") setPriority(0, NICE);
const thread = new BackupThread(parentPort);
parentPort.on("message", (message: Call<BackupRequest>) => {
  thread.take(message);
});
