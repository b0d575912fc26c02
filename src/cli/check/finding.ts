import type { FileFault } from "../../config/secrets.ts";

/** One thing that was looked at. */
export interface Finding {
  readonly level: "ok" | "warning" | "error";
  readonly what: string;
  readonly found: string;
  /** What to do; `nothing` where all is well. */
  readonly remedy: string;
}

export function fine(what: string, found: string): Finding {
  return { level: "ok", what, found, remedy: "nothing" };
}

export function warning(what: string, found: string, remedy: string): Finding {
  return { level: "warning", what, found, remedy };
}

export function failure(what: string, found: string, remedy: string): Finding {
  return { level: "error", what, found, remedy };
}

export function fileFinding(level: "warning" | "error", { what, found, remedy }: FileFault): Finding {
  return { level, what, found, remedy };
}

/** contracts.md: 0 ok, 1 warnings, 2 errors. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ level }) => level === "error")) return 2;
  return findings.some(({ level }) => level === "warning") ? 1 : 0;
}

/** For the terminal: the worst last, where the eye is when the command ends. */
export function formatFindings(findings: readonly Finding[]): string {
  const blocks = (["ok", "warning", "error"] as const).flatMap((level) =>
    findings.filter((finding) => finding.level === level).map(formatFinding),
  );
  const count = (level: Finding["level"]): number => findings.filter((finding) => finding.level === level).length;
  return `${blocks.join("\n")}\n\n${count("ok")} ok, ${count("warning")} to look at, ${count("error")} to set right`;
}

function formatFinding({ level, what, found, remedy }: Finding): string {
  const line = `${level.padEnd(8)} ${what}: ${found}`;
  return level === "ok" ? line : `${line}\n         do: ${remedy}`;
}
