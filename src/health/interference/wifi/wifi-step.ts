import { type Counters, ratio, rises, sumOf } from "../counters.ts";
import { type Figures, known } from "../figures.ts";
import type { Station, Survey } from "./iw-output.ts";

/** What `iw` said at one moment. */
export interface WifiReading {
  /** ms, monotonic. */
  readonly at: number;
  readonly stations: readonly Station[];
  /** Absent where the driver must not be asked, or has none. */
  readonly survey?: Survey;
}

/** What passed between two readings. */
export interface WifiStep {
  /** Shares of the air, signal and noise: of each look by itself. */
  readonly look: Figures;
  /** To be added up over several looks. Absent when the counters restarted between the two. */
  readonly counts?: Counters;
  readonly restarted: boolean;
}

/** A shorter piece of the air says nothing, ms (link-health.md 2.3). */
const AIR_AT_LEAST_MS = 1_000;
const BITS = 8;
const MEGA = 1_000_000;

export function stepBetween(before: WifiReading, now: WifiReading): WifiStep {
  const known0 = new Map(before.stations.map((station) => [station.mac, station]));
  const pairs = now.stations.flatMap((station) => {
    const old = known0.get(station.mac);
    return old === undefined ? [] : [{ station, rise: rises(old.counters, station.counters) }];
  });
  const counts = pairs.flatMap(({ rise }) => (rise === "restarted" ? [] : [rise]));
  const elapsed = now.at - before.at;
  const bits = pairs.flatMap(({ station, rise }) => {
    const bytes = rise === "restarted" ? undefined : sumOf([rise], "rxBytes", "txBytes");
    return bytes === undefined || station.bitrateMbps === undefined
      ? []
      : [(bytes * BITS) / (station.bitrateMbps * MEGA)];
  });
  const seconds = bits.length === 0 ? undefined : bits.reduce((a, b) => a + b, 0);
  const talking = pairs.filter(({ rise }) => rise !== "restarted" && (rise["txPackets"] ?? 0) > 0);
  const signals = (talking.length === 0 ? pairs : talking).flatMap(({ station }) => station.signalDbm ?? []);
  const signalDbm = signals.length === 0 ? undefined : Math.min(...signals);
  const air = airOf(before, now, counts);
  const noiseDbm = now.survey?.noiseDbm;
  return {
    look: known({
      ...air,
      signalDbm,
      noiseDbm,
      snrDb: signalDbm === undefined || noiseDbm === undefined ? undefined : signalDbm - noiseDbm,
      // Of the time that the bits alone would take at the present rate: frames have heads and pauses, so that it is at least this.
      ownAirAtLeast: ratio(seconds, elapsed / 1_000),
    }),
    restarted: pairs.some(({ rise }) => rise === "restarted"),
    ...(pairs.length > 0 && counts.length === 0 ? {} : { counts: added(counts) }),
  };
}

/** The channel's time, split into own, other Wi-Fi, and energy that is not Wi-Fi. Nothing where one of the counters is not to be believed. */
function airOf(
  before: WifiReading,
  now: WifiReading,
  counts: readonly Counters[],
): Readonly<Record<string, number | undefined>> {
  const [a, b] = [before.survey, now.survey];
  if (a === undefined || b === undefined || a.frequencyMhz !== b.frequencyMhz) return {};
  const rise = rises(a.times, b.times);
  if (rise === "restarted") return {};
  const { active, busy, receive, transmit, bssReceive } = rise;
  if (active === undefined || active < AIR_AT_LEAST_MS || busy === undefined || busy > active) return {};
  const ownReceived = bssReceive ?? believedAir(counts);
  const own = transmit === undefined || ownReceived === undefined ? undefined : transmit + ownReceived;
  const wifi = receive === undefined || transmit === undefined ? undefined : receive + transmit;
  const other = receive === undefined || ownReceived === undefined ? undefined : Math.max(receive - ownReceived, 0);
  return {
    utilisation: ratio(busy, active),
    ownAir: ratio(own, active),
    otherWifi: ratio(other, active),
    notWifi: wifi === undefined ? undefined : ratio(Math.max(busy - wifi, 0), active),
  };
}

/** Drivers that do not measure how long a station sent leave 0 there, though packets came. */
function believedAir(counts: readonly Counters[]): number | undefined {
  const air = sumOf(counts, "rxAirMs");
  return air === 0 && (sumOf(counts, "rxPackets") ?? 0) > 0 ? undefined : air;
}

function added(counts: readonly Counters[]): Counters {
  const names = new Set(counts.flatMap((one) => Object.keys(one)));
  return known(Object.fromEntries([...names].map((name) => [name, sumOf(counts, name)])));
}
