/** Where a command writes. Handed in, so that nothing depends on being run in a terminal. */
export interface Output {
  /** What was asked for: standard output. */
  print(line: string): void;
  /** Everything else: standard error. */
  complain(line: string): void;
  /** Only a terminal gets colours, and not when NO_COLOR is set. */
  readonly hasColours: boolean;
}

export function terminalOutput(): Output {
  // Whoever reads has seen enough (`| head`): that is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    print: (line) => console.log(line),
    complain: (line) => console.error(line),
    hasColours: process.stdout.isTTY && process.stdout.hasColors(),
  };
}
