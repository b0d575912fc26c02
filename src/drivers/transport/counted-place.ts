import type { DeviceDriver, DeviceError } from "../../domain/device.ts";
import type { ByteLink, LinkPlace } from "./byte-link.ts";

/** A place that counts what goes over its links. */
export interface CountedPlace extends LinkPlace {
  /** Numbers since start, for `DeviceDriver.counters`. */
  counters(): Readonly<Record<"linksOpened" | "linkOpenFailures" | "linksLost" | "bytesIn" | "bytesOut", number>>;
}

/** Counts for a driver: how often a link is lost and opened again is the first evidence of a bad cable. */
export function countedPlace(place: LinkPlace): CountedPlace {
  const counts = { linksOpened: 0, linkOpenFailures: 0, linksLost: 0, bytesIn: 0, bytesOut: 0 };

  const counted = (link: ByteLink): ByteLink => ({
    ended: link.ended,
    write: async (bytes) => {
      await link.write(bytes);
      counts.bytesOut += bytes.length;
    },
    [Symbol.asyncDispose]: async () => link[Symbol.asyncDispose](),
  });
  const noteEnd = (error: DeviceError): void => {
    if (error.code !== "closed") counts.linksLost += 1;
  };

  return {
    name: place.name,
    kind: place.kind,
    counters: () => ({ ...counts }),
    open: async (onBytes, signal) => {
      try {
        const link = await place.open((chunk) => {
          counts.bytesIn += chunk.length;
          onBytes(chunk);
        }, signal);
        counts.linksOpened += 1;
        void link.ended.then(noteEnd);
        return counted(link);
      } catch (error) {
        if (!signal.aborted) counts.linkOpenFailures += 1;
        throw error;
      }
    },
  };
}

/** The same driver, which tells its place's numbers with its own. */
export function withPlaceCounters(driver: DeviceDriver, place: CountedPlace): DeviceDriver {
  return { ...driver, counters: () => ({ ...place.counters(), ...driver.counters() }) };
}
