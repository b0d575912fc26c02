import type { ChannelProbe, ChannelReport, InterferenceVerdict } from "../../../domain/interference.ts";
import type { Words } from "../../../domain/words.ts";
import type { RunTool, ToolAnswer } from "../../../runtime/run-tool.ts";
import type { SysFiles } from "../../../runtime/sys-files.ts";
import { causeAdvice } from "../cause-texts.ts";
import { type NetworkPort, networkPorts } from "../network-ports.ts";
import { toolTrouble } from "../tool-trouble.ts";
import { parseLink, parseStations, parseSurvey, type Survey, type WifiLink } from "./iw-output.ts";
import { NEW_RADIO, seeWifi, type WifiMemory } from "./wifi-judge.ts";

export interface WifiProbeDeps {
  readonly files: SysFiles;
  readonly run: RunTool;
  readonly monotonicMs: () => number;
}

const EVERY_MS = 30_000;
const TOOL_TAKES_MS = 5_000;
/** A single look without a connection is roaming. */
const LOST_AFTER = 3;

/**
 * Drivers of Linux's own Wi-Fi stack, whose survey only reads counters. Every other is not asked: brcmfmac leaves the
 * channel to measure, which loses packets (link-health.md 0.4), and what an unknown one does is unknown.
 */
const SURVEY_IS_FREE = /^(?:ath(?:5k|9k|10k|11k|12k)|carl9170|mt7|rt2800|iwlwifi|rtw_?8)/;

interface Radio {
  readonly memory: WifiMemory;
  /** Looks in a row without a connection, since there was one. */
  readonly lostFor: number | undefined;
}

/** The Wi-Fi radios of this machine, through `iw`, which needs no privilege for what is asked here. */
export function wifiProbe({ files, run, monotonicMs }: WifiProbeDeps): ChannelProbe {
  const radios = new Map<string, Radio>();
  const look = async (port: NetworkPort, signal: AbortSignal): Promise<readonly ChannelReport[]> => {
    const iw = async (...what: readonly string[]): Promise<ToolAnswer> =>
      run("iw", ["dev", port.name, ...what], { timeoutMs: TOOL_TAKES_MS, signal });
    const before = radios.get(port.name) ?? { memory: NEW_RADIO, lostFor: undefined };
    const stations = await iw("station", "dump");
    const seen = { channel: `wifi:${port.name}`, kind: "wifi" } as const;
    if (!stations.ok) return [{ ...seen, figures: {}, risen: false, unread: toolTrouble("iw", stations) }];
    const link = await linkOf(iw);
    const lostFor = lostLooks(before.lostFor, link);
    if (lostFor !== undefined && lostFor >= LOST_AFTER) {
      radios.set(port.name, { memory: NEW_RADIO, lostFor });
      return [{ ...seen, figures: { looksWithoutConnection: lostFor }, risen: false, verdict: lost(lostFor) }];
    }
    const mayAsk = port.driver !== undefined && SURVEY_IS_FREE.test(port.driver);
    const survey = mayAsk ? await surveyOf(iw) : undefined;
    const parsed = parseStations(stations.stdout);
    // Not connected, and never was: a radio that nobody uses.
    if (parsed.length === 0 && link?.connected !== true && lostFor === undefined) return [];
    const { memory, ...found } = seeWifi(before.memory, {
      at: monotonicMs(),
      stations: parsed,
      ...(survey === undefined ? {} : { survey }),
    });
    radios.set(port.name, { memory, lostFor });
    return [{ ...seen, ...found, ...(mayAsk ? {} : { unread: notSurveyed(port.driver) }) }];
  };
  return {
    kind: "wifi",
    everyMs: EVERY_MS,
    look: async (signal) => {
      const ports = (await networkPorts(files)).filter(({ kind }) => kind === "wifi");
      return (await Promise.all(ports.map(async (port) => look(port, signal)))).flat();
    },
  };
}

type Iw = (...what: readonly string[]) => Promise<ToolAnswer>;

async function linkOf(iw: Iw): Promise<WifiLink | undefined> {
  const answer = await iw("link");
  return answer.ok ? parseLink(answer.stdout) : undefined;
}

async function surveyOf(iw: Iw): Promise<Survey | undefined> {
  const answer = await iw("survey", "dump");
  return answer.ok ? parseSurvey(answer.stdout) : undefined;
}

/** `undefined` until there was a connection. */
function lostLooks(before: number | undefined, link: WifiLink | undefined): number | undefined {
  if (link === undefined) return before;
  if (link.connected) return 0;
  return before === undefined ? undefined : before + 1;
}

function lost(looks: number): InterferenceVerdict {
  return {
    cause: "accessPointLost",
    confidence: 0.8,
    evidence: [{ figure: "looksWithoutConnection", value: looks, unit: "count", limit: LOST_AFTER }],
    advice: causeAdvice("accessPointLost"),
  };
}

function notSurveyed(driver: string | undefined): Words {
  const name = driver ?? "?";
  return {
    en: `What fills the channel is not read: the driver ${name} may lose packets when it is asked.`,
    zh: `未读取信道占用情况：驱动 ${name} 在被查询时可能丢包。`,
  };
}
