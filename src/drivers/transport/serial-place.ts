import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import type { ByteLink, LinkPlace } from "./byte-link.ts";
import { keepDtrAtClose } from "./keep-dtr.ts";
import {
  type LoadSerialBinding,
  loadSerialBinding,
  type SerialBinding,
  type SerialHandle,
  type SerialSettings,
} from "./serial-binding.ts";
import { reasonOf, serialOpenCode, serialOpenError } from "./serial-errors.ts";
import { type SerialLimits, SerialLink } from "./serial-link.ts";
import { LATE, within } from "./within.ts";

export interface SerialPlaceOptions extends SerialSettings, Partial<SerialLimits> {
  /** Of the device, best a stable one (`stable-name.ts`). */
  readonly path: string;
  /** ms until it is open. */
  readonly openWithinMs?: number;
  /** Where the native part comes from. */
  readonly load?: LoadSerialBinding;
}

const OPEN_WITHIN_MS = 5000;

/** A terminal on a serial port, or on a USB adapter that shows itself as one. */
export function serialPlace(options: SerialPlaceOptions): LinkPlace {
  return {
    name: options.path,
    kind: "serial",
    open: async (onBytes, signal) => openSerial(options, onBytes, signal),
  };
}

async function openSerial(
  options: SerialPlaceOptions,
  onBytes: (chunk: Uint8Array) => void,
  signal: AbortSignal,
): Promise<ByteLink> {
  signal.throwIfAborted();
  const { path } = options;
  const binding = await nativePart(options);
  const node = await nodeAt(path);
  const handle = await openHandle(binding, options, signal);
  await keepDtrAtClose(path);
  const link = new SerialLink({ path, device: node.rdev, handle }, onBytes, limitsOf(options));
  if (signal.aborted) await link[Symbol.asyncDispose]();
  signal.throwIfAborted();
  return link;
}

async function nativePart({ path, load = loadSerialBinding }: SerialPlaceOptions): Promise<SerialBinding> {
  try {
    return await load();
  } catch (error) {
    const found = `the program part for serial ports cannot be loaded here: ${reasonOf(error).split("\n", 1).join("")}`;
    throw serialOpenError("unavailable", path, found);
  }
}

/** Asked before the port is opened: the binding's errors are texts, these are codes. */
async function nodeAt(path: string): Promise<Stats> {
  let node: Stats;
  try {
    node = await stat(path);
  } catch (error) {
    throw serialOpenError(serialOpenCode(error), path, reasonOf(error));
  }
  if (!node.isCharacterDevice()) throw serialOpenError("unreachable", path, "it is no serial port");
  return node;
}

async function openHandle(
  binding: SerialBinding,
  { path, baudRate, dataBits, parity, stopBits, rtscts, openWithinMs = OPEN_WITHIN_MS }: SerialPlaceOptions,
  signal: AbortSignal,
): Promise<SerialHandle> {
  const work = binding.open({ path, baudRate, dataBits, parity, stopBits, rtscts, lock: true, hupcl: false });
  let handle: SerialHandle | typeof LATE;
  try {
    handle = await within(openWithinMs, work, signal);
  } catch (error) {
    closeWhenOpen(work);
    signal.throwIfAborted();
    throw serialOpenError(serialOpenCode(error), path, reasonOf(error));
  }
  if (handle !== LATE) return handle;
  closeWhenOpen(work);
  throw serialOpenError("unreachable", path, `not open within ${openWithinMs} ms`);
}

function limitsOf({
  writeWithinMs = 5000,
  closeWithinMs = 1000,
  watchEveryMs = 1000,
}: Partial<SerialLimits>): SerialLimits {
  return { writeWithinMs, closeWithinMs, watchEveryMs };
}

/** Nobody waits for it any more. */
function closeWhenOpen(work: Promise<SerialHandle>): void {
  work.then(async (handle) => handle.close()).catch(reasonOf);
}
