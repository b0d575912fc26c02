import { spawn } from "node:child_process";
import { backoff } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { isShutdown } from "./task.ts";

/** Why a tool that was to go on ended. `failed` too when it ended without an error of its own. */
export interface ToolEnd {
  readonly ok: false;
  readonly because: "missing" | "failed" | "aborted";
  readonly code?: number;
  readonly stderr: string;
}

export interface Followed {
  readonly command: string;
  readonly args: readonly string[];
  readonly onStart: () => void;
  /** Pieces of its output, cut anywhere. */
  readonly onText: (text: string) => void;
  readonly onComplaint: (text: string) => void;
}

/** Listens to a tool that goes on by itself, until it or the signal ends it. Never rejects. `LC_ALL=C`. */
export type FollowTool = (followed: Followed, signal: AbortSignal) => Promise<ToolEnd>;

/** Characters of complaints that are kept. */
const COMPLAINTS = 2_000;

export const followTool: FollowTool = async ({ command, args, onStart, onText, onComplaint }, signal) => {
  if (signal.aborted) return { ok: false, because: "aborted", stderr: "" };
  return new Promise((resolve) => {
    const child = spawn(command, [...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, LC_ALL: "C" },
    });
    let stderr = "";
    let notRun: "missing" | "failed" | undefined;
    const stop = (): void => void child.kill("SIGKILL");
    signal.addEventListener("abort", stop, { once: true });
    child.once("spawn", onStart);
    child.once("error", (error: NodeJS.ErrnoException) => {
      notRun = ["ENOENT", "EACCES", "EPERM"].includes(error.code ?? "") ? "missing" : "failed";
      stderr = error.message;
    });
    child.stdout.setEncoding("utf8").on("data", onText);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(0, COMPLAINTS);
      onComplaint(text);
    });
    child.once("close", (code) => {
      signal.removeEventListener("abort", stop);
      const because = signal.aborted ? "aborted" : (notRun ?? "failed");
      resolve({ ok: false, because, stderr, ...(code === null || code < 0 ? {} : { code }) });
    });
  });
};

export interface KeepFollowing {
  readonly follow: FollowTool;
  readonly clock: Clock;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

/** A tool that is missing may be installed while we run: it is looked for now and then. ms. */
const AGAIN = { floorMs: 1_000, firstMs: 2_000, ceilingMs: 600_000 };
/** After so long it counts as well again. ms. */
const RAN_WELL_MS = 60_000;

/** The same, started again whenever it ends, later each time. Resolves when the signal has fired and the tool is gone. */
export async function keepFollowing(
  followed: Followed,
  onEnd: (end: ToolEnd) => void,
  { follow, clock, random }: KeepFollowing,
  signal: AbortSignal,
): Promise<void> {
  let delays = backoff(AGAIN, random);
  while (!signal.aborted) {
    const startedAt = clock.monotonicMs();
    const end = await follow(followed, signal);
    if (signal.aborted) return;
    onEnd(end);
    if (clock.monotonicMs() - startedAt >= RAN_WELL_MS) delays = backoff(AGAIN, random);
    try {
      await clock.sleep(delays.next().value, signal);
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
  }
}
