import { assertNever } from "../../../domain/assert-never.ts";
import type { HuntFigure } from "../../../domain/hunt.ts";
import type { ChannelKind } from "../../../domain/interference.ts";
import type { TerminalId } from "../../../domain/terminal.ts";
import type { RunTool } from "../../../runtime/run-tool.ts";
import type { SysFiles } from "../../../runtime/sys-files.ts";
import { type Counters, sumOf } from "../counters.ts";
import { known } from "../figures.ts";
import { parseSignal } from "../modem/mmcli-output.ts";
import { type NetworkPort, networkPorts } from "../network-ports.ts";
import { framesIn, spoiltIn } from "../serial/line-book.ts";
import { channelOf } from "../serial/serial-lines.ts";
import { parseStations } from "../wifi/iw-output.ts";
import type { HuntReading } from "./hunt-fold.ts";

/** Something that can be hunted on. */
export interface HuntChannel {
  /** Kind and name, as everywhere: `wifi:wlan0`, `serial:T2`. */
  readonly channel: string;
  readonly figure: HuntFigure;
  /** s between looks. */
  readonly everyS: number;
  /** `undefined` when nothing was told. Never rejects. */
  read(signal: AbortSignal): Promise<HuntReading | undefined>;
}

export interface HuntChannelsDeps {
  readonly files: SysFiles;
  readonly run: RunTool;
  /** Of the drivers of terminals on serial lines, since they were made. */
  readonly lines: () => ReadonlyMap<TerminalId, Counters>;
}

/** ms. A tool that takes longer leaves a gap. */
const TOOL_TAKES_MS = 2_000;
/** A modem measures each half minute (`--signal-setup=30`); asked sooner it says the same again, which is no evidence. s. */
const MODEM_EVERY_S = 30;

/** Steps: half a percent of frames and 10 frames in a million (link-health.md 3.4, 1.4), the others as the verdicts have them. */
const FIGURES: Readonly<Record<"wifi" | "cellular" | "ethernet" | "serial", HuntFigure>> = {
  wifi: { figure: "retryRatio", unit: "1", worse: "up", step: 0.02 },
  cellular: { figure: "snrDb", unit: "dB", worse: "down", step: 6 },
  ethernet: { figure: "damagedRatio", unit: "1", worse: "up", step: 1e-5 },
  serial: { figure: "frameErrorRate", unit: "1", worse: "up", step: 0.005 },
};

/** What can be hunted on now, by name. @param withPorts  Whether the machine's own network carries anything of the shop. */
export async function huntChannels(deps: HuntChannelsDeps, withPorts: boolean): Promise<readonly HuntChannel[]> {
  const ports = withPorts ? await networkPorts(deps.files) : [];
  const lines = [...deps.lines().keys()].map((terminal): HuntChannel => ({
    channel: channelOf(terminal),
    figure: FIGURES.serial,
    everyS: 1,
    read: async () => ofLine(deps.lines().get(terminal)),
  }));
  return [...ports.map((port) => ofPort(port, deps)), ...lines].toSorted((a, b) => (a.channel < b.channel ? -1 : 1));
}

function ofPort({ name, kind }: NetworkPort, { files, run }: HuntChannelsDeps): HuntChannel {
  const channel = `${kind satisfies ChannelKind}:${name}`;
  const figure = FIGURES[kind];
  switch (kind) {
    case "ethernet":
      return { channel, figure, everyS: 1, read: async () => ofEthernet(files, name) };
    case "wifi":
      return {
        channel,
        figure,
        everyS: 1,
        // Stations only, of any driver: a survey each second would make brcmfmac lose packets (link-health.md 0.4).
        read: async (signal) => {
          const said = await run("iw", ["dev", name, "station", "dump"], { timeoutMs: TOOL_TAKES_MS, signal });
          return said.ok ? ofStations(said.stdout) : undefined;
        },
      };
    case "cellular":
      return {
        channel,
        figure,
        everyS: MODEM_EVERY_S,
        read: async (signal) => {
          const said = await run("mmcli", ["-m", "any", "-J", "--signal-get"], { timeoutMs: TOOL_TAKES_MS, signal });
          const value = said.ok ? parseSignal(said.stdout)?.snrDb : undefined;
          return value === undefined ? undefined : { kind: "level", value };
        },
      };
    default:
      return assertNever(kind);
  }
}

/** Both directions: what the terminal could not read comes back as NAK. What went out again is no traffic of its own. */
function ofLine(counts: Counters | undefined): HuntReading | undefined {
  if (counts === undefined) return undefined;
  const sent = counts["framesSent"] ?? 0;
  return {
    kind: "counts",
    of: "line",
    counters: {
      errors: spoiltIn(counts) + (counts["naksReceived"] ?? 0),
      trials: framesIn(counts) + sent,
      load: Math.max(sent - (counts["retransmits"] ?? 0), 0),
    },
  };
}

async function ofEthernet(files: SysFiles, name: string): Promise<HuntReading | undefined> {
  const value = async (one: string): Promise<number | undefined> =>
    files.number(`/sys/class/net/${name}/statistics/${one}`);
  const [packets, crc, frame] = await Promise.all([
    value("rx_packets"),
    value("rx_crc_errors"),
    value("rx_frame_errors"),
  ]);
  const errors = sumOf([known({ crc, frame })], "crc", "frame");
  if (packets === undefined || errors === undefined) return undefined;
  return { kind: "counts", of: name, counters: { errors, trials: packets + errors, load: packets } };
}

/** Retries where the driver counts them, else failures: brcmfmac knows only those (link-health.md 0.5). */
function ofStations(text: string): HuntReading | undefined {
  const stations = parseStations(text);
  const counters = stations.map((station) => station.counters);
  const packets = sumOf(counters, "txPackets");
  if (packets === undefined) return undefined;
  const retries = sumOf(counters, "txRetries");
  const errors = retries ?? sumOf(counters, "txFailed");
  if (errors === undefined) return undefined;
  return {
    kind: "counts",
    // One that comes brings the whole past of its counters along: then it begins anew.
    of: [retries === undefined ? "failed" : "retries", ...stations.map(({ mac }) => mac).toSorted()].join(" "),
    counters: { errors, trials: packets + errors, load: packets },
  };
}
