import type { RunTool } from "../../../runtime/run-tool.ts";

export interface PingFigures {
  readonly sent: number;
  readonly received: number;
  /** ms. Absent when nothing came back. */
  readonly averageMs?: number;
}

/** `false`: this machine may not ping, or has no `ping`. Whoever asks then goes another way. */
export type PingAnswer = PingFigures | false;

/** Few packets, close together: one process for each round (link-health.md 1.2). */
const PACKETS = "3";

/** @param waitMs  For the last answer. */
export async function ping(run: RunTool, address: string, waitMs: number, signal: AbortSignal): Promise<PingAnswer> {
  const args = ["-n", "-q", "-c", PACKETS, "-i", "0.2", "-W", String(waitMs / 1_000), address];
  const answer = await run("ping", args, { timeoutMs: 4_000, signal });
  // iputils: 1 when nothing came back, 2 for any other trouble, such as not being allowed to.
  if (answer.ok) return parsePing(answer.stdout) ?? false;
  return answer.because === "failed" && answer.code === 1 ? { sent: Number(PACKETS), received: 0 } : false;
}

/** @param text  The summary of `ping -q`. `undefined` for anything else. */
export function parsePing(text: string): PingFigures | undefined {
  const counts = /(\d+) packets transmitted, (\d+) (?:packets )?received/.exec(text);
  if (counts === null) return undefined;
  const [, sent = "", received = ""] = counts;
  const average = /= [\d.]+\/([\d.]+)\//.exec(text)?.[1];
  return {
    sent: Number(sent),
    received: Number(received),
    ...(average === undefined ? {} : { averageMs: Number(average) }),
  };
}
