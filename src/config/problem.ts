/** Where in the config: keys and list positions from the top. */
export type Path = readonly (string | number)[];

/** A place in the text, both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One thing to set right. Never carries the value of a secret. */
export interface Problem extends Place {
  /** E.g. `acquirers[0].endpoints[1]`; empty for the file as a whole. */
  readonly path: string;
  /** What stands there, in words or cut at 80 characters. */
  readonly found: string;
  /** What may stand there, in words. */
  readonly allowed: string;
  /** What to do. */
  readonly remedy: string;
  /** The known key or value that was probably meant. */
  readonly nearest?: string;
}

/** A problem whose place in the text has still to be looked up. */
export interface Unplaced extends Omit<Problem, "path" | "line" | "column"> {
  readonly path: Path;
  /** The key rather than its value is wrong. */
  readonly atKey?: true;
}

const LONGEST_SHOWN = 80;
/** A key or name of any other form may be a line that lost its colon or a quote, secret and all. */
const PLAIN_KEY = /^[A-Za-z0-9_.-]{1,64}$/;

export function displayPath(path: Path): string {
  return path.reduce<string>((shown, step) => {
    if (typeof step === "number") return `${shown}[${step}]`;
    const key = displayKey(step);
    return shown === "" ? key : `${shown}.${key}`;
  }, "");
}

export function displayKey(key: string): string {
  return PLAIN_KEY.test(key) ? key : "(not shown)";
}

export function cut(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN - 1)}…`;
}

/** For the terminal: one block a problem, in the order of the file. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(formatProblem).join("\n\n");
}

function formatProblem(problem: Problem): string {
  return [
    `line ${problem.line}, column ${problem.column}${problem.path === "" ? "" : `: ${problem.path}`}`,
    `  found    ${problem.found}`,
    `  allowed  ${problem.allowed}`,
    `  do       ${problem.remedy}`,
  ].join("\n");
}
