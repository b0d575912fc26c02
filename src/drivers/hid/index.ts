import { type DeviceAbilities, type DeviceDriver, DeviceError, type DeviceSession } from "../../domain/device.ts";
import type { TerminalId } from "../../domain/terminal.ts";
import type { DeviceDeps } from "../driver.ts";
import { LATE, within } from "../transport/within.ts";
import { choose } from "./choose.ts";
import { openError } from "./hid-errors.ts";
import type { HidHandle, HidPort } from "./hid-port.ts";
import { HidSession } from "./hid-session.ts";
import { listDevices } from "./list-devices.ts";
import { nodeHidPort } from "./node-hid-port.ts";
import type { HidOptions } from "./options.ts";
import { Reports } from "./reports.ts";

const OPEN_WITHIN_MS = 5000;

/**
 * The driver of one HID device: whether it is there, and how well cards are read. Nothing that a card holds leaves it.
 *
 * @param port  Where devices come from; this machine's own unless a test says otherwise.
 */
export function hidDriver(
  terminal: TerminalId,
  options: HidOptions,
  deps: DeviceDeps,
  port: HidPort = nodeHidPort(),
): DeviceDriver {
  const reports = new Reports(options.layout, deps.news);
  const hasFeatureReport = options.layout === "sureSwipe";
  const counts = { opened: 0, lost: 0 };
  const noteEnd = ({ code }: DeviceError): void => {
    if (code !== "closed") counts.lost += 1;
  };
  return {
    family: "hid",
    terminal,
    abilities: abilitiesOf(hasFeatureReport),
    counters: () => ({ ...counts, ...reports.counters() }),
    open: async (signal): Promise<DeviceSession> => {
      signal.throwIfAborted();
      const listing = choose(await listDevices(port, signal), options);
      if (listing instanceof DeviceError) throw listing;
      const handle = await openHandle(port, options, listing.path, (report) => reports.take(report), signal);
      counts.opened += 1;
      const { clock, random } = deps;
      const session = new HidSession({ clock, random, port, listing, handle, reports, hasFeatureReport });
      void session.ended.then(noteEnd);
      return session;
    },
  };
}

async function openHandle(
  port: HidPort,
  options: HidOptions,
  path: string,
  onReport: (report: Uint8Array) => void,
  signal: AbortSignal,
): Promise<HidHandle> {
  const work = port.open(path, onReport);
  let handle: HidHandle | typeof LATE;
  try {
    handle = await within(OPEN_WITHIN_MS, work, signal);
  } catch (error) {
    closeWhenOpen(work);
    signal.throwIfAborted();
    throw openError(options, path, error);
  }
  if (handle !== LATE) return handle;
  closeWhenOpen(work);
  throw openError(options, path, `not open within ${OPEN_WITHIN_MS} ms`);
}

/** Nobody waits for it any more. */
function closeWhenOpen(work: Promise<HidHandle>): void {
  work.then(async (handle) => handle[Symbol.asyncDispose]()).catch(() => undefined);
}

function abilitiesOf(diagnoses: boolean): DeviceAbilities {
  return {
    payments: new Set(),
    cancels: false,
    tellsLastTransaction: false,
    settles: false,
    diagnoses,
    recoveries: new Set(),
  };
}
