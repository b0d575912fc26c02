import { execFile } from "node:child_process";

/** ms. Setting a flag takes a few; a wedged adapter may hold the program up. */
const STTY_WITHIN_MS = 2000;

/**
 * Keeps an open port's DTR up when it is closed: many terminals restart when it falls.
 *
 * Linux starts every serial port with HUPCL set, and the serial binding, asked for `hupcl: false`, leaves the flag as it
 * finds it (bindings-cpp 13, serialport_unix.cpp, `setup`). So stty(1) clears it; without stty the port works all the same.
 *
 * @returns whether it could be cleared. Never rejects.
 */
export async function keepDtrAtClose(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile("stty", ["-F", path, "-hupcl"], { timeout: STTY_WITHIN_MS, killSignal: "SIGKILL" }, (error) => {
      resolve(error === null);
    });
  });
}
