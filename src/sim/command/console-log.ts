import type { Log, LogFields } from "../../runtime/log.ts";

/** A log for people at a screen: time, event, `name=value`. Debug lines are left out. */
export function consoleLog(print: (line: string) => void, always: LogFields = {}): Log {
  const write = (event: string, fields: LogFields = {}): void => {
    const said = Object.entries({ ...always, ...fields }).map(([name, value]) => `${name}=${String(value)}`);
    print([new Date().toISOString().slice(11, 23), event, ...said].join(" "));
  };
  return {
    debug: () => undefined,
    info: write,
    warn: write,
    error: write,
    child: (fields) => consoleLog(print, { ...always, ...fields }),
  };
}
