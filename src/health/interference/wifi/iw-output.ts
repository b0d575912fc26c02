/**
 * What `iw` says. Its output is no stable interface: lines that are not known here are skipped, what is missing is absent,
 * and nothing of it is taken for 0 (formats of iw 5.19, link-health.md 2.2; newer ones print more).
 */

/** One station of `iw dev X station dump`. */
export interface Station {
  readonly mac: string;
  /** Since the station was associated: packets, retries, failures, bytes, beacon losses, milliseconds of air time. */
  readonly counters: Readonly<Record<string, number>>;
  readonly signalDbm?: number;
  readonly bitrateMbps?: number;
  readonly connectedS?: number;
}

/** Name of iw → ours. Microseconds of air time are told in ms, as the survey tells them. */
const STATION_COUNTERS: Readonly<Record<string, readonly [name: string, factor: number]>> = {
  "rx bytes": ["rxBytes", 1],
  "rx packets": ["rxPackets", 1],
  "tx bytes": ["txBytes", 1],
  "tx packets": ["txPackets", 1],
  "tx retries": ["txRetries", 1],
  "tx failed": ["txFailed", 1],
  "beacon loss": ["beaconLoss", 1],
  "tx duration": ["txAirMs", 1e-3],
  "rx duration": ["rxAirMs", 1e-3],
};

/** @param text  Of `iw dev X station dump`. Links of a Wi-Fi 7 station repeat its fields further in: the station's own count. */
export function parseStations(text: string): readonly Station[] {
  return blocksOf(text, /^Station ([0-9a-f:]{17}) \(on \S+\)/i).map(({ match, lines }) => {
    const fields = fieldsOf(lines);
    const signalDbm = numberIn(fields.get("signal avg") ?? fields.get("signal"));
    const bitrateMbps = numberIn(fields.get("tx bitrate"));
    const connectedS = numberIn(fields.get("connected time"));
    const counters = Object.entries(STATION_COUNTERS).flatMap(([field, [name, factor]]): [string, number][] => {
      const value = numberIn(fields.get(field));
      return value === undefined || value < 0 ? [] : [[name, value * factor]];
    });
    return {
      mac: match.toLowerCase(),
      counters: Object.fromEntries(counters),
      ...(signalDbm === undefined || signalDbm >= 0 ? {} : { signalDbm }),
      ...(bitrateMbps === undefined ? {} : { bitrateMbps }),
      ...(connectedS === undefined ? {} : { connectedS }),
    };
  });
}

/** The channel in use, of `iw dev X survey dump`. ms since the driver was loaded. */
export interface Survey {
  readonly frequencyMhz: number;
  readonly noiseDbm?: number;
  /** `active`, `busy`, `receive`, `transmit`, and of newer versions `bssReceive`. */
  readonly times: Readonly<Record<string, number>>;
}

const SURVEY_TIMES: Readonly<Record<string, string>> = {
  "channel active time": "active",
  "channel busy time": "busy",
  "channel receive time": "receive",
  "channel BSS receive time": "bssReceive",
  "channel transmit time": "transmit",
};

/** @param text  Of `iw dev X survey dump`. `undefined` when no channel is marked as the one in use. */
export function parseSurvey(text: string): Survey | undefined {
  for (const { lines } of blocksOf(text, /^Survey data from (\S+)/)) {
    const fields = fieldsOf(lines);
    const frequency = fields.get("frequency") ?? "";
    const frequencyMhz = numberIn(frequency);
    if (!frequency.includes("[in use]") || frequencyMhz === undefined) continue;
    const noiseDbm = numberIn(fields.get("noise"));
    const times = Object.entries(SURVEY_TIMES).flatMap(([field, name]): [string, number][] => {
      const value = numberIn(fields.get(field));
      return value === undefined || value < 0 ? [] : [[name, value]];
    });
    return {
      frequencyMhz,
      times: Object.fromEntries(times),
      // 0 and above are drivers that cannot measure it.
      ...(noiseDbm === undefined || noiseDbm >= 0 ? {} : { noiseDbm }),
    };
  }
  return undefined;
}

/** `iw dev X link`. `undefined` for a text of another kind, as of an interface that is an access point itself. */
export type WifiLink = { readonly connected: false } | { readonly connected: true; readonly frequencyMhz?: number };

export function parseLink(text: string): WifiLink | undefined {
  if (/^Not connected\.?/m.test(text)) return { connected: false };
  if (!/^Connected to [0-9a-f:]{17}/im.test(text)) return undefined;
  const frequencyMhz = numberIn(/^\s*freq: (\S+)/m.exec(text)?.[1]);
  return { connected: true, ...(frequencyMhz === undefined ? {} : { frequencyMhz }) };
}

interface Block {
  readonly match: string;
  readonly lines: readonly string[];
}

/** Each head with the lines that belong to it. */
function blocksOf(text: string, head: RegExp): readonly Block[] {
  const blocks: { match: string; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const match = head.exec(line)?.[1];
    if (match !== undefined) blocks.push({ match, lines: [] });
    else if (/^\S/.test(line) && line.trim() !== "") blocks.push({ match: "", lines: [] });
    else blocks.at(-1)?.lines.push(line);
  }
  return blocks.filter(({ match }) => match !== "");
}

/** Only lines that are indented by one tab: what stands further in belongs to something else. The first of a name counts. */
function fieldsOf(lines: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^(?:\t| {1,8})([^\s:][^:]*):\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined && !fields.has(name)) fields.set(name, value.trim());
  }
  return fields;
}

/** The number that a text begins with; `undefined` for `N/A`, an empty text and other words. */
function numberIn(text: string | undefined): number | undefined {
  const found = /^-?\d+(?:\.\d+)?/.exec(text ?? "")?.[0];
  return found === undefined ? undefined : Number(found);
}
