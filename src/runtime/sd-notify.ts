import { getSystemErrorMessage } from "node:util";
import { loadSendDatagram, type SendDatagram, unixAddress } from "./libc.ts";
import type { Log } from "./log.ts";
import { runTool, type RunTool } from "./run-tool.ts";

/** Tells the service manager: assignments as in sd_notify(3). Never rejects; what cannot be told stands in the journal once. */
export type Notify = (assignments: readonly string[]) => Promise<void>;

export interface ServiceEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

/**
 * What systemd left in the environment, which is then taken out of it: a tool that we run and that knows the protocol
 * (timedatectl does) would speak in our name.
 */
export function takeServiceEnvironment(env: NodeJS.ProcessEnv): ServiceEnvironment {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = env;
  for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete env[name];
  return { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID };
}

/**
 * How often the watchdog wants to hear from us: half of what systemd allows, as sd_watchdog_enabled(3) recommends.
 *
 * @returns ms; `undefined` without a watchdog, or with another process's.
 */
export function watchdogEveryMs(
  { WATCHDOG_USEC: usec, WATCHDOG_PID: owner }: ServiceEnvironment,
  pid: number,
): number | undefined {
  if (usec === undefined || !/^[1-9][0-9]{0,14}$/.test(usec)) return undefined;
  if (owner !== undefined && owner !== String(pid)) return undefined;
  return Number(usec) / 2_000;
}

/** ms. The tool waits until the message was read, 5 s at most. */
const TOOL_WITHIN_MS = 6_000;

export interface NotifyDeps {
  readonly log: Log;
  readonly load?: () => Promise<SendDatagram>;
  readonly tool?: RunTool;
}

/**
 * The way to the service manager: its datagram socket, or `systemd-notify` where koffi cannot be loaded. The unit then needs
 * `NotifyAccess=all`, since another process speaks.
 *
 * @returns `undefined` when nobody listens: not started by systemd as `Type=notify`.
 */
export async function systemdNotify(
  { NOTIFY_SOCKET: name }: ServiceEnvironment,
  { log, load = loadSendDatagram, tool = runTool }: NotifyDeps,
): Promise<Notify | undefined> {
  if (name === undefined || name === "") return undefined;
  const address = unixAddress(name);
  if (address === undefined) {
    log.warn("notify.unknown-socket", { socket: name });
    return undefined;
  }
  try {
    return throughSocket(await load(), address, log);
  } catch (error) {
    log.warn("notify.through-tool", { error, remedy: "NotifyAccess=all, or install the optional package koffi" });
    return throughTool(tool, name, log);
  }
}

function throughSocket(send: SendDatagram, address: Buffer, log: Log): Notify {
  const told = onceInARow(log);
  return async (assignments) => {
    const errno = send(address, Buffer.from(assignments.join("\n")));
    told(errno === 0 ? undefined : getSystemErrorMessage(-errno));
  };
}

function throughTool(tool: RunTool, socket: string, log: Log): Notify {
  const told = onceInARow(log);
  const never = new AbortController().signal;
  let turn: Promise<unknown> = Promise.resolve();
  return async (assignments) => {
    // In order: READY=1 must not overtake what was said before.
    const said = turn.then(async () =>
      tool("systemd-notify", ["--", ...assignments], {
        timeoutMs: TOOL_WITHIN_MS,
        signal: never,
        env: { NOTIFY_SOCKET: socket },
      }),
    );
    turn = said;
    const answer = await said;
    told(answer.ok ? undefined : `${answer.because} ${answer.stderr}`.trim());
  };
}

function onceInARow(log: Log): (trouble: string | undefined) => void {
  let before: string | undefined;
  return (trouble) => {
    if (trouble !== undefined && trouble !== before) log.warn("notify.failed", { reason: trouble });
    before = trouble;
  };
}
