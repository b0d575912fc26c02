import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { StreamCause } from "../domain/gap.ts";
import type { StreamId } from "../domain/record.ts";
import { syncDirectory } from "./directory.ts";

const FILE = "new-stream.json";
const CAUSES: readonly StreamCause[] = ["salvaged", "restored", "copied", "behindHq"];

/**
 * What a running ledger found out that only its next open can act on: this stream must not go on. A file of its own, not a
 * row in `progress.db`, because that one may be set aside and loses its last moments with the power.
 */
export interface StreamOrder {
  /** The stream that must end. An order about another one is as good as absent. */
  readonly stream: StreamId;
  readonly because: StreamCause;
  /** What was found, in words for a technician. */
  readonly reason: string;
}

/** Durable when it returns. @throws the file system's error. */
export function writeStreamOrder(directory: string, order: StreamOrder): void {
  const path = join(directory, FILE);
  const file = openSync(`${path}.new`, "w", 0o640);
  try {
    writeSync(file, `${JSON.stringify(order)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  syncDirectory(directory);
}

/** `undefined` when there is none about this stream, or none that can be read. */
export function readStreamOrder(directory: string, stream: StreamId): StreamOrder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(join(directory, FILE), "utf8"));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (!("stream" in value) || !("because" in value) || !("reason" in value)) return undefined;
  const because = CAUSES.find((known) => known === value.because);
  if (value.stream !== stream || because === undefined || typeof value.reason !== "string") return undefined;
  return { stream, because, reason: value.reason };
}

/** After it was carried out. One that stays names a stream that has ended. */
export function removeStreamOrder(directory: string): void {
  rmSync(join(directory, FILE), { force: true });
}
