import type { InterferenceVerdict } from "../../../domain/interference.ts";
import { ratio } from "../counters.ts";
import { evidenceOf, type Figures, type FigureSpecs, known, median } from "../figures.ts";
import { weigh } from "../weigh.ts";
import type { KernelSaying } from "./kernel-lines.ts";
import type { Absence, DeviceBook, UsbBook } from "./usb-book.ts";
import { hubOf, isOnTheWay } from "./usb-names.ts";
import { candidates, type Signs } from "./usb-signs.ts";

export interface UsbFound {
  readonly figures: Figures;
  readonly risen: boolean;
  readonly verdict?: InterferenceVerdict;
}

/** What could be heard since the last look. */
export interface Hearing {
  /** Of who comes and goes. */
  readonly events: boolean;
  /** Of what the kernel says. */
  readonly kernel: boolean;
}

/** Nobody unplugs a device and has it plugged in and recognised again so fast, again and again. ms. */
const QUICK_MS = 5_000;
/** A technician plugs a terminal in once, and again when it does not work at once. */
const ENOUGH_QUICK = 3;
const ENOUGH_EMI = 2;
const ENOUGH_PROTOCOL = 5;
/** What hangs on one hub goes within this time when the hub goes. ms. */
const TOGETHER_MS = 1_000;
const SAME_MINUTE_MS = 60_000;

/** All starting values: of the last hour. */
const FIGURES: FigureSpecs = {
  reconnects: { unit: "perHour", limit: ENOUGH_QUICK, worse: "up", step: 2 },
  longAbsences: { unit: "perHour", limit: ENOUGH_QUICK, worse: "up", step: 2 },
  withOthersOfHub: { unit: "1", limit: 0.5, worse: "up", step: 0.5 },
  atLowSupply: { unit: "1", limit: 0.5, worse: "up", step: 0.5 },
  overCurrents: { unit: "perHour", limit: 1, worse: "up", step: 1 },
  emiMessages: { unit: "perHour", limit: ENOUGH_EMI, worse: "up", step: 1 },
  cableMessages: { unit: "perHour", limit: 1, worse: "up", step: 1 },
  protocolErrors: { unit: "perHour", limit: ENOUGH_PROTOCOL, worse: "up", step: 2 },
  resets: { unit: "perHour", limit: 5, worse: "up", step: 2 },
};

/**
 * @param device  By its socket.
 * @param since  Of the look before, ms, monotonic.
 */
export function judgeUsb(book: UsbBook, device: string, hearing: Hearing, since: number): UsbFound {
  const its = book.devices[device] ?? { absences: [], overCurrents: [], said: [] };
  const signs = signsOf(book, device, its, hearing);
  const figures = figuresOf(book, device, its, hearing);
  const risen = hasRisen(its, since);
  if (!signs.isTrouble) return { figures, risen };
  const verdict = weigh({
    completeness: 1,
    evidence: evidenceOf(figures, {}, FIGURES),
    next: signs.maySleep === true ? NEXT_ASLEEP : NEXT,
    candidates: candidates(signs),
  });
  return { figures, risen, verdict };
}

function isQuick({ goneAt, backAt }: Absence): boolean {
  return backAt !== undefined && backAt - goneAt <= QUICK_MS;
}

/** Seconds that it was away each time that it was longer than a moment. */
function longOf({ absences }: DeviceBook): readonly number[] {
  return absences.flatMap(({ goneAt, backAt }) =>
    backAt === undefined || backAt - goneAt <= QUICK_MS ? [] : [(backAt - goneAt) / 1_000],
  );
}

function saidOf({ said }: DeviceBook, which: KernelSaying): number {
  return said.filter(({ saying }) => saying === which).length;
}

/** What was not heard of is not 0, it is not known; what was found all the same is told. */
function told(count: number, isHeard: boolean): number | undefined {
  return isHeard || count > 0 ? count : undefined;
}

function figuresOf(book: UsbBook, device: string, its: DeviceBook, { events, kernel }: Hearing): Figures {
  const { absences, overCurrents } = its;
  const heardSupply = absences.filter(({ lowSupply }) => lowSupply !== undefined);
  return known({
    reconnects: told(absences.filter(isQuick).length, events),
    longAbsences: told(longOf(its).length, events),
    overCurrents: told(overCurrents.length, events && book.tree.overCurrents[device] !== undefined),
    withOthersOfHub: ratio(togetherOf(book, device, its).length, absences.length),
    atLowSupply: ratio(heardSupply.filter(({ lowSupply }) => lowSupply === true).length, heardSupply.length),
    emiMessages: told(saidOf(its, "emi"), kernel),
    cableMessages: told(saidOf(its, "cable"), kernel),
    protocolErrors: told(saidOf(its, "protocol"), kernel),
    resets: told(saidOf(its, "reset"), kernel),
  });
}

function signsOf(book: UsbBook, device: string, its: DeviceBook, { kernel }: Hearing): Signs {
  const { absences, overCurrents } = its;
  const quick = absences.filter(isQuick);
  const [emi, cable, protocol] = [saidOf(its, "emi"), saidOf(its, "cable"), saidOf(its, "protocol")];
  const lows = absences.flatMap(({ lowSupply }) => lowSupply ?? []);
  const long = longOf(its);
  const together = togetherOf(book, device, its);
  const isAgain = quick.length >= ENOUGH_QUICK;
  const maySleep = book.tree.devices.find(({ name }) => name === device)?.maySleep;
  return {
    isTrouble:
      isAgain ||
      long.length >= ENOUGH_QUICK ||
      overCurrents.length > 0 ||
      emi >= ENOUGH_EMI ||
      protocol >= ENOUGH_PROTOCOL ||
      cable >= 2,
    isAgain,
    isVeryOften: quick.length >= 2 * ENOUGH_QUICK,
    isAlikeLong: long.length >= ENOUGH_QUICK && isAlike(long),
    isTogether: together.length >= 2 && together.length >= absences.length / 2,
    hubWent: together.some(({ goneAt }) => ancestorsGoneAt(book, device, goneAt)),
    othersAreClean: othersAreClean(book, device),
    isOnOtherHubsToo: isOnOtherHubsToo(book, device, its),
    hasEmi: emi >= ENOUGH_EMI,
    hasCable: cable > 0,
    hasProtocol: protocol >= ENOUGH_PROTOCOL,
    hasNoErrors: kernel ? emi + cable + protocol === 0 : undefined,
    overCurrent: overCurrents.length > 0 ? true : book.tree.overCurrents[device] === undefined ? undefined : false,
    lowSupply: lows.length === 0 ? undefined : lows.filter(Boolean).length >= lows.length / 2,
    ...(maySleep === undefined ? {} : { maySleep }),
  };
}

/** A start takes its time, and always the same; somebody's hand does not. */
function isAlike(seconds: readonly number[]): boolean {
  const middle = median(seconds) ?? 0;
  return Math.max(...seconds) - Math.min(...seconds) <= Math.max(2, middle * 0.2);
}

/** Its absences that began together with another device's of the same hub, or with the hub's own. */
function togetherOf(book: UsbBook, device: string, { absences }: DeviceBook): readonly Absence[] {
  const others = Object.entries(book.devices).filter(
    ([name]) => name !== device && (isOnTheWay(name, device) || hubOf(name) === hubOf(device)),
  );
  return absences.filter(({ goneAt }) => others.some(([, { absences: its }]) => goesAt(its, goneAt, TOGETHER_MS)));
}

function ancestorsGoneAt(book: UsbBook, device: string, at: number): boolean {
  return Object.entries(book.devices).some(
    ([name, { absences }]) => isOnTheWay(name, device) && goesAt(absences, at, TOGETHER_MS),
  );
}

function goesAt(absences: readonly Absence[], at: number, withinMs: number): boolean {
  return absences.some(({ goneAt }) => Math.abs(goneAt - at) <= withinMs);
}

/** `undefined` where nothing else hangs on this hub. */
function othersAreClean(book: UsbBook, device: string): boolean | undefined {
  const others = book.tree.devices.filter(({ name }) => name !== device && hubOf(name) === hubOf(device));
  if (others.length === 0) return undefined;
  return others.every(({ name }) => {
    const its = book.devices[name];
    return its === undefined || its.absences.filter(isQuick).length + saidOf(its, "emi") === 0;
  });
}

/** What one plug or one supply has in common ends at its hub; a field does not. */
function isOnOtherHubsToo(book: UsbBook, device: string, its: DeviceBook): boolean {
  const times = troubles(its);
  return Object.entries(book.devices).some(
    ([name, other]) =>
      hubOf(name) !== hubOf(device) &&
      !isOnTheWay(name, device) &&
      !isOnTheWay(device, name) &&
      troubles(other).some((at) => times.some((one) => Math.abs(one - at) <= SAME_MINUTE_MS)),
  );
}

function troubles({ absences, said }: DeviceBook): readonly number[] {
  return [
    ...absences.filter(isQuick).map(({ goneAt }) => goneAt),
    ...said.flatMap(({ at, saying }) => (saying === "emi" || saying === "protocol" ? [at] : [])),
  ];
}

/** A plug that was touched once is no rise. */
function hasRisen(its: DeviceBook, since: number): boolean {
  const times = troubles(its);
  return times.length >= 2 && times.some((at) => at >= since);
}

const NEXT = {
  en: "Plug the device into another port, without a hub, and leave it an hour; then exchange its cable. Look whether the trouble goes with the device, the cable or the port, and note what is switched on when it comes.",
  zh: "将设备不经集线器插到另一个端口，观察一小时；再更换线缆。看故障是随设备、线缆还是端口走，并记录发生时开启了什么设备。",
};

const NEXT_ASLEEP = {
  en: "The machine may put this device to sleep: write `on` into its file power/control below /sys/bus/usb/devices and look for an hour. If the trouble stays, plug it into another port, then exchange its cable.",
  zh: "本机可能让该设备休眠：向 /sys/bus/usb/devices 下该设备的 power/control 文件写入 `on`，观察一小时。若仍有故障，换一个端口，再换线缆。",
};
