import { type DestinationStream, type Logger, pino, stdSerializers, stdTimeFunctions } from "pino";
import type { Log, LogFields } from "./log.ts";

export interface JournalLogOptions {
  /** Nothing below it is written. */
  readonly level?: "debug" | "info" | "warn" | "error";
  /** Standard output when absent; written to synchronously, so that a crash loses no line. */
  readonly destination?: DestinationStream;
}

/** Digits that could be a card number, a track or more. Merchant numbers (15) and times in milliseconds (13) are shorter. */
const LONG_NUMBER = /(?<![0-9])[0-9]{16,}(?![0-9])/g;

/**
 * One JSON line an event: `level`, `time`, `event` and the event's fields; an error under `error`.
 * No line carries a long number: nobody logs one on purpose, and this is the second line of defence.
 */
export function journalLog({ level = "info", destination = standardOutput() }: JournalLogOptions = {}): Log {
  const options = {
    level,
    base: null,
    messageKey: "event",
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: stdSerializers.errWithCause },
    // Zeros keep the line JSON, whether the number stood in a text or by itself.
    hooks: {
      streamWrite: (line: string) =>
        line.replace(LONG_NUMBER, (digits) => digits.slice(0, 1).padEnd(digits.length, "0")),
    },
  };
  return logInto(pino(options, destination));
}

/** Left to itself, pino hands lines to a thread pool and holds the next ones back meanwhile. */
function standardOutput(): DestinationStream {
  return pino.destination({ fd: 1, sync: true });
}

function logInto(logger: Logger): Log {
  return {
    debug: (event, fields = {}) => logger.debug(fields, event),
    info: (event, fields = {}) => logger.info(fields, event),
    warn: (event, fields = {}) => logger.warn(fields, event),
    error: (event, fields = {}) => logger.error(fields, event),
    child: (fields: LogFields) => logInto(logger.child(fields)),
  };
}
