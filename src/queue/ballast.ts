import { randomFillSync } from "node:crypto";
import { closeSync, fdatasyncSync, openSync, statSync, truncateSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type BallastState, hasRoomForBallast, type SpaceRules } from "./space.ts";

const BALLAST_FILE = "ballast";

/** Bytes at a time: a card takes 10 ms for it, which is what a sale may have to wait. */
const PIECE = 128 * 1024;

/**
 * Disk space that is held for money (`ballast`): written once, given up when the disk is full. Written and not only
 * declared, because a hole takes no space; with noise, because some file systems store zeros for nothing.
 */
export class Ballast {
  readonly #path: string;
  readonly #rules: SpaceRules;
  #size: number;
  #isReleased: boolean;

  /** @param free  Bytes that the file system has left now. */
  constructor(directory: string, rules: SpaceRules, free: number) {
    this.#path = join(directory, BALLAST_FILE);
    this.#rules = rules;
    this.#size = sizeOf(this.#path);
    // One that is not there where there is no room for it was given up before the restart.
    this.#isReleased = this.#size < rules.ballast && free < rules.minFree;
    if (this.#size > rules.ballast) this.#shrink();
  }

  get state(): BallastState {
    const { ballast } = this.#rules;
    if (ballast === 0) return "none";
    if (this.#isReleased) return "released";
    return this.#size < ballast ? "growing" : "whole";
  }

  /** @param free  Bytes that the file system has left. @returns whether `grow` has something to do. */
  isWanted(free: number): boolean {
    if (this.#size >= this.#rules.ballast) return false;
    if (this.#isReleased && hasRoomForBallast(free, this.#rules)) this.#isReleased = false;
    return !this.#isReleased && free >= this.#rules.minFree + this.#rules.ballast - this.#size;
  }

  /** Writes one more piece. @throws Error of the file system. */
  grow(): void {
    const bytes = Math.min(PIECE, this.#rules.ballast - this.#size);
    const file = openSync(this.#path, "a", 0o600);
    try {
      writeSync(file, randomFillSync(Buffer.allocUnsafe(PIECE)), 0, bytes);
      fdatasyncSync(file);
    } finally {
      closeSync(file);
    }
    this.#size += bytes;
  }

  /** Gives it up. @returns false when there was nothing to give, or it cannot be given. */
  release(): boolean {
    if (this.#size === 0) return false;
    try {
      unlinkSync(this.#path);
    } catch {
      return false;
    }
    this.#size = 0;
    this.#isReleased = true;
    return true;
  }

  #shrink(): void {
    truncateSync(this.#path, this.#rules.ballast);
    this.#size = this.#rules.ballast;
    if (this.#size === 0) unlinkSync(this.#path);
  }
}

/** Gives up what a ledger that is not open yet held for money. @returns false when there was nothing. */
export function releaseBallastIn(directory: string): boolean {
  const path = join(directory, BALLAST_FILE);
  if (sizeOf(path) === 0) return false;
  unlinkSync(path);
  return true;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
