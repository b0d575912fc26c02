import type { Output } from "../../src/cli/output.ts";

/** What a command wrote, line by line. */
export class CapturedOutput implements Output {
  readonly printed: string[] = [];
  readonly complained: string[] = [];
  readonly hasColours: boolean;

  constructor(hasColours = false) {
    this.hasColours = hasColours;
  }

  print(line: string): void {
    this.printed.push(...line.split("\n"));
  }

  complain(line: string): void {
    this.complained.push(...line.split("\n"));
  }
}
