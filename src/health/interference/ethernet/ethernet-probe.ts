import type { ChannelProbe, ChannelReport } from "../../../domain/interference.ts";
import type { SysFiles } from "../../../runtime/sys-files.ts";
import { known } from "../figures.ts";
import { type NetworkPort, networkPorts } from "../network-ports.ts";
import { type EthernetMemory, type EthernetReading, NEW_PORT, seeEthernet } from "./ethernet-judge.ts";

export interface EthernetProbeDeps {
  readonly files: SysFiles;
  readonly monotonicMs: () => number;
}

const EVERY_MS = 30_000;

/** Readable by everybody; drivers keep those that they know of, and leave the others at 0 (link-health.md 1.4). */
const STATISTICS = [
  "rx_packets",
  "tx_packets",
  "rx_crc_errors",
  "rx_frame_errors",
  "rx_missed_errors",
  "rx_fifo_errors",
  "rx_over_errors",
  "collisions",
] as const;

/** The network cables of this machine. */
export function ethernetProbe({ files, monotonicMs }: EthernetProbeDeps): ChannelProbe {
  const memories = new Map<string, EthernetMemory>();
  const look = async (port: NetworkPort): Promise<readonly ChannelReport[]> => {
    const reading = await read(files, port, monotonicMs());
    if (reading === undefined) return [];
    const { memory, figures, risen, verdict } = seeEthernet(memories.get(port.name) ?? NEW_PORT, reading);
    memories.set(port.name, memory);
    const channel = `ethernet:${port.name}`;
    return [{ channel, kind: "ethernet", figures, risen, ...(verdict === undefined ? {} : { verdict }) }];
  };
  return {
    kind: "ethernet",
    everyMs: EVERY_MS,
    look: async () => {
      const ports = (await networkPorts(files)).filter(({ kind }) => kind === "ethernet");
      return (await Promise.all(ports.map(look))).flat();
    },
  };
}

/** Nothing where no cable is plugged in: that is the link's affair. */
async function read(files: SysFiles, { name }: NetworkPort, at: number): Promise<EthernetReading | undefined> {
  const place = `/sys/class/net/${name}`;
  const [carrier, speed, duplex, losses, ...values] = await Promise.all([
    files.number(`${place}/carrier`),
    files.number(`${place}/speed`),
    files.text(`${place}/duplex`),
    files.number(`${place}/carrier_down_count`),
    ...STATISTICS.map(async (one) => files.number(`${place}/statistics/${one}`)),
  ]);
  if (carrier !== 1) return undefined;
  return {
    at,
    counters: known({
      carrier_down_count: losses,
      ...Object.fromEntries(STATISTICS.map((one, index) => [one, values[index]])),
    }),
    // -1 where the driver cannot say.
    ...(speed === undefined || speed <= 0 ? {} : { speedMbps: speed }),
    ...(duplex === undefined ? {} : { duplex }),
  };
}
