import { createServer } from "node:net";
import { ecr17Speaker } from "./ecr17.ts";
import { EcrTerminal, type EcrTerminalOptions } from "./terminal.ts";
import { transbankSpeaker } from "./transbank.ts";
import { type SimLrc, type SimProfile, simWire } from "./wire.ts";

export interface ServedTerminalOptions extends Partial<Pick<EcrTerminalOptions, "stepMs" | "ackMs" | "log">> {
  readonly profile: SimProfile;
  readonly lrc?: SimLrc;
  readonly host?: string;
  /** 0 picks a free one. */
  readonly port?: number;
}

export interface ServedTerminal extends AsyncDisposable {
  readonly terminal: EcrTerminal;
  readonly host: string;
  readonly port: number;
}

const SPEAKERS = { transbank: transbankSpeaker, ecr17: ecr17Speaker, misPos: undefined, poslink: undefined } as const;

/** A simulated terminal of one till protocol, for any stream of bytes: hand it over with `serve`. */
export function ecrTerminal(options: ServedTerminalOptions): EcrTerminal {
  const { profile, lrc, stepMs = 20, ackMs = 1000, log } = options;
  const speaker = SPEAKERS[profile];
  return new EcrTerminal({
    wire: simWire(profile, lrc),
    stepMs,
    ackMs,
    ...(speaker === undefined ? {} : { speaker }),
    ...(log === undefined ? {} : { log }),
  });
}

/** The same, listening on TCP. @throws the system's error, e.g. EADDRINUSE. */
export async function serveEcrTerminal(options: ServedTerminalOptions): Promise<ServedTerminal> {
  const { host = "127.0.0.1", port = 0 } = options;
  const terminal = ecrTerminal(options);
  const server = createServer({ noDelay: true }, (socket) => terminal.serve(socket));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  return {
    terminal,
    host,
    port: address !== null && typeof address === "object" ? address.port : port,
    [Symbol.asyncDispose]: async () => {
      terminal[Symbol.dispose]();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
