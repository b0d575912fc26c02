import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { journalLog } from "../../../src/runtime/journal-log.ts";
import type { Log } from "../../../src/runtime/log.ts";
import { Secret } from "../../../src/runtime/secret.ts";

const line = z.looseObject({ level: z.string(), time: z.iso.datetime(), event: z.string() });

function oneOfEach(log: Log): void {
  log.debug("a");
  log.warn("b");
  log.error("c");
}

function lines(write: (log: Log) => void, level?: "debug"): readonly z.output<typeof line>[] {
  const written: string[] = [];
  const destination = { write: (text: string) => void written.push(text) };
  write(journalLog({ destination, ...(level === undefined ? {} : { level }) }));
  return written.map((text) => line.parse(JSON.parse(text)));
}

const LOGS_AND_DIES = `
  import { journalLog } from ${JSON.stringify(new URL("../../../src/runtime/journal-log.ts", import.meta.url).href)};
  const log = journalLog();
  for (const event of ["first", "second", "last"]) log.info(event);
  process.kill(process.pid, "SIGKILL");
`;

describe("journal log", () => {
  it("has written every line by the time the process is killed", () => {
    const { signal, stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", LOGS_AND_DIES], {
      encoding: "utf8",
    });
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((text) => line.parse(JSON.parse(text)).event);
    expect({ signal, events }).toEqual({ signal: "SIGKILL", events: ["first", "second", "last"] });
  });

  it("writes an event and its fields as one JSON line", () => {
    const [first] = lines((log) => log.info("link.recovered", { failures: 7, terminal: "till-1" }));
    expect(first).toMatchObject({ level: "info", event: "link.recovered", failures: 7, terminal: "till-1" });
    expect(first).not.toHaveProperty("pid");
  });

  it("writes nothing below its level", () => {
    expect(lines(oneOfEach).map((l) => l.event)).toEqual(["b", "c"]);
    expect(lines(oneOfEach, "debug").map((l) => l.event)).toEqual(["a", "b", "c"]);
  });

  it("puts a child's fields into all its lines", () => {
    const [only] = lines((log) => log.child({ terminal: "till-1" }).child({ acquirer: "union" }).error("x", { n: 1 }));
    expect(only).toMatchObject({ event: "x", terminal: "till-1", acquirer: "union", n: 1 });
  });

  it("writes an error with its message and its causes", () => {
    const error = new Error("cannot listen", { cause: new Error("address in use") });
    const [only] = lines((log) => log.error("gateway.failed", { error }));
    expect(JSON.stringify(only)).toContain("cannot listen");
    expect(JSON.stringify(only)).toContain("address in use");
  });

  it("never writes a secret or a number as long as a card's", () => {
    const written = lines((log) => {
      log.info("a", {
        number: 6_212_340_000_000_001,
        password: new Secret("hunter2"),
        pan: "6212340000000001",
        track: "6212340000000001=3012",
      });
      log.error("b", {
        error: new Error("bad frame 0026212340000000001F"),
        at: 1_769_853_600_000,
        mid: "898000000000001",
      });
    });
    const text = JSON.stringify(written);
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain("6212340000000001");
    expect(text).toContain("1769853600000");
    expect(text).toContain("898000000000001");
  });
});
