import type { KernelSaying } from "./kernel-lines.ts";
import type { UsbHappening } from "./usb-happening.ts";
import type { UsbDevice, UsbTree } from "./usb-tree.ts";

/** A time that a device was away. ms, monotonic. */
export interface Absence {
  readonly goneAt: number;
  /** Absent: it still is. */
  readonly backAt?: number;
  /** The machine's supply was low then. Absent where no sensor tells. */
  readonly lowSupply?: boolean;
}

/** What befell one socket within the last hour. Times are ms, monotonic. */
export interface DeviceBook {
  readonly absences: readonly Absence[];
  readonly overCurrents: readonly number[];
  readonly said: readonly { readonly at: number; readonly saying: KernelSaying }[];
}

export interface UsbBook {
  readonly devices: Readonly<Record<string, DeviceBook>>;
  /** As the last look found it. */
  readonly tree: UsbTree;
  readonly lookedAt?: number;
  /** By how much the clock that counts a sleeping machine's time is ahead. ms. */
  readonly sleptMs?: number;
  /** Until then what comes and goes has been woken up. ms, monotonic. */
  readonly wakingUntil: number;
}

export interface UsbReading {
  readonly at: number;
  readonly tree: UsbTree;
  /** All that happened since the last look was heard. Else the numbers of devices tell of a part of it. */
  readonly isHeard: boolean;
  /** Absent where no sensor tells. */
  readonly lowSupply?: boolean;
  /** Since boot with the time that the machine slept, ms. */
  readonly uptimeMs?: number;
}

export const NEW_USB: UsbBook = { devices: {}, tree: { devices: [], overCurrents: {} }, wakingUntil: 0 };

const NOTHING: DeviceBook = { absences: [], overCurrents: [], said: [] };
const HOUR_MS = 3_600_000;
/** The two clocks are read one after the other, and one of them counts hundredths. ms. */
const SLEPT_AT_LEAST_MS = 2_000;
/** Woken devices are recognised anew within this time. ms. */
const WAKING_MS = 30_000;

/** With one more happening. */
export function happened(book: UsbBook, happening: UsbHappening, at: number): UsbBook {
  if (at < book.wakingUntil && happening.what !== "came") return book;
  const before = book.devices[happening.device] ?? NOTHING;
  return withDevice(book, happening.device, added(book, before, happening, at));
}

function added(book: UsbBook, before: DeviceBook, happening: UsbHappening, at: number): DeviceBook {
  const { absences, overCurrents, said } = before;
  const last = absences.at(-1);
  const isAway = last !== undefined && last.backAt === undefined;
  switch (happening.what) {
    case "gone":
      return isAway ? before : { ...before, absences: [...absences, { goneAt: at }] };
    case "came":
      return isAway ? { ...before, absences: [...absences.slice(0, -1), { ...last, backAt: at }] } : before;
    case "overCurrent":
      // A port with a counter of its own is counted by that.
      return book.tree.overCurrents[happening.device] === undefined
        ? { ...before, overCurrents: [...overCurrents, at] }
        : before;
    case "said":
      if (happening.saying === "overCurrent")
        return added(book, before, { what: "overCurrent", device: happening.device }, at);
      return { ...before, said: [...said, { at, saying: happening.saying }] };
    default:
      return happening satisfies never;
  }
}

/** With one more look at what is plugged in. */
export function looked(before: UsbBook, reading: UsbReading): UsbBook {
  const { at, tree, uptimeMs } = reading;
  const sleptMs = uptimeMs === undefined ? before.sleptMs : uptimeMs - at;
  const hasSlept =
    sleptMs !== undefined && before.sleptMs !== undefined && sleptMs - before.sleptMs > SLEPT_AT_LEAST_MS;
  let book = before.lookedAt === undefined || hasSlept ? before : counted(before, reading);
  const devices: Record<string, DeviceBook> = {};
  for (const [name, device] of Object.entries(book.devices)) {
    const kept = lately(hasSlept ? until(device, before.lookedAt ?? 0) : withSupply(device, before, reading), at);
    if (kept.absences.length + kept.overCurrents.length + kept.said.length > 0) devices[name] = kept;
  }
  book = { ...book, devices, tree, lookedAt: at };
  return {
    ...book,
    ...(sleptMs === undefined ? {} : { sleptMs }),
    wakingUntil: hasSlept ? at + WAKING_MS : before.wakingUntil,
  };
}

/** What a comparison with the look before tells: ports that were switched off, and, unheard, who came and went. */
function counted(before: UsbBook, { at, tree, isHeard }: UsbReading): UsbBook {
  let book = before;
  for (const [device, count] of Object.entries(tree.overCurrents)) {
    const old = before.tree.overCurrents[device];
    // A counter that went back is that of a hub that came anew: what it shows has come since.
    const step = old === undefined ? 0 : count < old ? count : count - old;
    if (step === 0 || at < book.wakingUntil) continue;
    const its = book.devices[device] ?? NOTHING;
    const times = Array.from({ length: step }, () => at);
    book = withDevice(book, device, { ...its, overCurrents: [...its.overCurrents, ...times] });
  }
  if (isHeard) return book;
  const olds = new Map(before.tree.devices.map((device) => [device.name, device]));
  const now = new Map(tree.devices.map((device) => [device.name, device]));
  for (const { name } of before.tree.devices) {
    if (!now.has(name)) book = happened(book, { what: "gone", device: name }, at);
  }
  for (const device of tree.devices) {
    const old = olds.get(device.name);
    if (old === undefined) book = happened(book, { what: "came", device: device.name }, at);
    else if (isAnew(old, device)) {
      book = happened(book, { what: "gone", device: device.name }, at);
      book = happened(book, { what: "came", device: device.name }, at);
    }
  }
  return book;
}

/** Another number, and the same thing: somebody who exchanges it is no fault. */
function isAnew(old: UsbDevice, now: UsbDevice): boolean {
  return (
    old.number !== undefined && now.number !== undefined && old.number !== now.number && old.identity === now.identity
  );
}

/** Whether the supply was low is known with the look that follows. */
function withSupply(device: DeviceBook, { lookedAt = 0 }: UsbBook, { lowSupply }: UsbReading): DeviceBook {
  if (lowSupply === undefined) return device;
  const absences = device.absences.map((one) => (one.goneAt >= lookedAt ? { ...one, lowSupply } : one));
  return { ...device, absences };
}

/** A machine that slept lost all its devices: that is not their fault. */
function until({ absences, overCurrents, said }: DeviceBook, at: number): DeviceBook {
  return {
    absences: absences.filter(({ goneAt }) => goneAt < at),
    overCurrents: overCurrents.filter((one) => one < at),
    said: said.filter((one) => one.at < at),
  };
}

function lately({ absences, overCurrents, said }: DeviceBook, at: number): DeviceBook {
  const isLate = (one: number): boolean => at - one < HOUR_MS;
  return {
    absences: absences.filter(({ goneAt, backAt }) => isLate(backAt ?? goneAt)),
    overCurrents: overCurrents.filter(isLate),
    said: said.filter((one) => isLate(one.at)),
  };
}

function withDevice(book: UsbBook, name: string, device: DeviceBook): UsbBook {
  return { ...book, devices: { ...book.devices, [name]: device } };
}
