import type { LinkPlace } from "./byte-link.ts";
import { type CountedPlace, countedPlace } from "./counted-place.ts";
import { type LinkOptions, ONE_WAY } from "./link-options.ts";
import { serialPlace } from "./serial-place.ts";
import { tcpPlace } from "./tcp-place.ts";

/** The place that the options name. Apart from them: a config is checked without what opens ports. */
export function linkPlace({ tcp, serial }: LinkOptions): CountedPlace {
  const place: LinkPlace | undefined = tcp === undefined ? serial && serialPlace(serial) : tcpPlace(tcp);
  if (place === undefined) throw new TypeError(ONE_WAY);
  return countedPlace(place);
}
