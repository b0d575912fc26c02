import { execFile } from "node:child_process";

/** Longer than systemd needs to start the service that answers, on a slow card. ms. */
const ANSWER_WITHIN_MS = 5_000;
const QUESTION = ["show", "--property=NTPSynchronized", "--value"];

/**
 * The kernel's own flag (adjtimex, STA_UNSYNC), which chrony with `rtcsync`, ntpd and systemd-timesyncd all keep. Without
 * native code it is read through systemd's timedatectl(1): a process of some 10 ms, and one of systemd's behind it.
 *
 * @returns `undefined` when nobody can tell: no systemd, no answer in time.
 */
export function askKernel(signal: AbortSignal, command = "timedatectl"): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    execFile(command, QUESTION, { signal, timeout: ANSWER_WITHIN_MS, killSignal: "SIGKILL" }, (error, stdout) => {
      const answer = stdout.trim();
      resolve(error !== null || (answer !== "yes" && answer !== "no") ? undefined : answer === "yes");
    });
  });
}
