/** Something with a life. */
export interface Task {
  readonly name: string;
  /** Resolves only after the signal has fired *and* all that it opened is closed. Rejects when it cannot go on. */
  run(signal: AbortSignal): Promise<void>;
}

/** True for the noise that a stop makes. Testing the error's name alone would hide real aborts, such as time-outs. */
export function isShutdown(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  return error === signal.reason || (error instanceof Error && error.name === "AbortError");
}
