import { execFile } from "node:child_process";

/** What a small tool of the system said. */
export type ToolAnswer =
  | { readonly ok: true; readonly stdout: string }
  /** `missing`: not installed, or may not be run. `timeout`: it hung and was killed. `failed`: its own exit code. */
  | {
      readonly ok: false;
      readonly because: "missing" | "timeout" | "failed" | "aborted";
      readonly code?: number;
      readonly stderr: string;
    };

/** Runs a tool to its end. Never rejects. The texts are in no language but the tool's own (`LC_ALL=C`). */
export type RunTool = (command: string, args: readonly string[], options: ToolOptions) => Promise<ToolAnswer>;

export interface ToolOptions {
  /** ms, after which it is killed. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Beside our own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Bytes of output beyond which a tool is taken to have gone mad. */
const MAX_OUTPUT = 1_000_000;

export const runTool: RunTool = async (command, args, { timeoutMs, signal, env }) =>
  new Promise((resolve) => {
    execFile(
      command,
      [...args],
      {
        timeout: timeoutMs,
        killSignal: "SIGKILL",
        signal,
        maxBuffer: MAX_OUTPUT,
        env: { ...process.env, ...env, LC_ALL: "C" },
      },
      (error, stdout, stderr) => {
        if (error === null) resolve({ ok: true, stdout });
        else resolve({ ok: false, stderr, ...whyNot(error, signal) });
      },
    );
  });

function whyNot(
  { code, killed }: { readonly code?: number | string | null | undefined; readonly killed?: boolean | undefined },
  signal: AbortSignal,
): { readonly because: "missing" | "timeout" | "failed" | "aborted"; readonly code?: number } {
  if (signal.aborted) return { because: "aborted" };
  if (killed === true) return { because: "timeout" };
  if (code === "ENOENT" || code === "EACCES" || code === "EPERM") return { because: "missing" };
  return { because: "failed", ...(typeof code === "number" ? { code } : {}) };
}
