import { Command } from "commander";
import { acquirerCommand } from "./command/acquirer-command.ts";
import { ecrCommand } from "./command/ecr-command.ts";
import { terminalCommand } from "./command/terminal-command.ts";
import { tillCommand } from "./command/till-command.ts";
import { weatherCommand } from "./command/weather-command.ts";
import { zvtCommand } from "./command/zvt-command.ts";

const stop = new AbortController();
// The first Ctrl-C ends in order; a second one finds Node's own handler, which ends at once.
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.once(name, () => stop.abort(new Error(name)));
}
const print = (line: string): void => console.log(line);

const program = new Command("sim")
  .description("Simulators that speak the real wire over real sockets. All cards are invented.")
  .addCommand(acquirerCommand(print, stop.signal))
  .addCommand(terminalCommand(print, stop.signal))
  .addCommand(ecrCommand(print, stop.signal))
  .addCommand(tillCommand(print, stop.signal))
  .addCommand(weatherCommand(print, stop.signal))
  .addCommand(zvtCommand(print, stop.signal))
  .showHelpAfterError("(--help shows what is possible)");

try {
  await program.parseAsync();
} catch (error) {
  // What the system refuses (a port in use, a directory that is not there) is said in a line; a bug keeps its stack.
  if (!(error instanceof Error && "syscall" in error)) throw error;
  console.error(`sim: ${error.message}`);
  process.exitCode = 1;
}
