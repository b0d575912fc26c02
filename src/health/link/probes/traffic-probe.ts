import type { StageObservation } from "../../../domain/stage.ts";
import type { Endpoint } from "../../../runtime/endpoint.ts";
import type { RunTool } from "../../../runtime/run-tool.ts";
import type { SysFiles } from "../../../runtime/sys-files.ts";
import type { LineLoad } from "../line-load.ts";
import type { StageProbe } from "../stage-probe.ts";
import { defaultRoute } from "./default-route.ts";
import { ownSockets, type TcpInfo, tcpInfo } from "./tcp-info.ts";

/** Whose connections are looked at. */
export interface WatchedPeer {
  readonly stage: "hqTcp" | "acquirer";
  readonly subject: string;
  readonly endpoint: Endpoint;
}

export interface TrafficProbeDeps {
  readonly files: SysFiles;
  readonly run: RunTool;
  readonly peers: readonly WatchedPeer[];
  readonly load: LineLoad;
  readonly monotonicMs: () => number;
}

const EVERY_MS = 5_000;
/** `ss` is a process of its own: on an idle line it is asked this seldom (link-health.md 9). Looks. */
const ASKED_EVERY = 6;

interface Counted {
  readonly at: number;
  readonly bytes: readonly [sent: number, received: number];
}

/**
 * What the kernel has counted of this machine's own traffic: how much passes, and on the connections to headquarters and
 * acquirers how long the way takes and what had to be sent again. Sends nothing.
 */
export function trafficProbe({ files, run, peers, load, monotonicMs }: TrafficProbeDeps): StageProbe {
  const ports = new Set(peers.map(({ endpoint }) => endpoint.port));
  let passed: Counted | undefined;
  let looks = 0;
  let before = new Map<string, { readonly at: number; readonly info: TcpInfo }>();

  const measure = async (): Promise<void> => {
    const name = (await defaultRoute(files))?.interface;
    const place = `/sys/class/net/${name ?? ""}/statistics`;
    const [sent, received] = await Promise.all([files.number(`${place}/tx_bytes`), files.number(`${place}/rx_bytes`)]);
    if (name === undefined || sent === undefined || received === undefined) {
      passed = undefined;
      return;
    }
    const now: Counted = { at: monotonicMs(), bytes: [sent, received] };
    const rate = rateBetween(passed, now);
    if (rate !== undefined) load.noteRate(rate, now.at);
    passed = now;
  };

  return {
    stage: "hqTcp",
    name: "traffic",
    everyMs: EVERY_MS,
    look: async (signal): Promise<readonly StageObservation[]> => {
      await measure();
      looks += 1;
      if (looks % ASKED_EVERY !== 1 && !load.isBusy(monotonicMs())) return [];
      const [all, own] = await Promise.all([tcpInfo(run, ports, signal), ownSockets(files)]);
      // Whatever else this machine fetches from such a port, updates from 443 for one, is not the acquirer's.
      const infos = all.filter(({ inode }) => inode !== undefined && own.has(inode));
      const at = monotonicMs();
      const known = before;
      before = new Map(infos.map((info) => [nameOf(info), { at, info }]));
      return peers.flatMap((peer) =>
        infos
          .filter((info) => isOf(peer.endpoint, info))
          .flatMap((info) => observed(peer, info, known.get(nameOf(info)), at) ?? []),
      );
    },
  };
}

/** A local port may serve several peers at once. */
function nameOf({ local, inode, peerHost, peerPort }: TcpInfo): string {
  return JSON.stringify([local, inode, peerHost, peerPort]);
}

/** Bytes a second in the busier direction. A counter that went back belongs to a driver that was loaded anew. */
function rateBetween(before: Counted | undefined, now: Counted): number | undefined {
  if (before === undefined || now.at <= before.at) return undefined;
  const grown = now.bytes.map((bytes, way) => bytes - (before.bytes[way] ?? bytes));
  if (grown.some((bytes) => bytes < 0)) return undefined;
  return (Math.max(...grown) * 1_000) / (now.at - before.at);
}

/** A host that is given by name has some address: then the port tells. */
function isOf({ host, port }: Endpoint, { peerHost, peerPort }: TcpInfo): boolean {
  const isAddress = /^[\d.]+$|:/.test(host);
  return port === peerPort && (!isAddress || host === peerHost);
}

/** Only what has been acknowledged since says that the way is good: a connection that rests says nothing, nor does one that sends in vain. */
function observed(
  { stage, subject }: WatchedPeer,
  info: TcpInfo,
  before: { readonly at: number; readonly info: TcpInfo } | undefined,
  at: number,
): StageObservation | undefined {
  const { rttMs, acknowledged, acknowledgedMsAgo: ageMs } = info;
  const acknowledgedBefore = before?.info.acknowledged;
  if (before === undefined || rttMs === undefined || acknowledged === undefined || ageMs === undefined)
    return undefined;
  if (acknowledgedBefore === undefined || acknowledged <= acknowledgedBefore) return undefined;
  const packets = packetsBetween(before.info, info);
  const counted = packets === undefined ? {} : { packets: { ...packets, overMs: at - before.at } };
  const detail = info.lost === undefined ? {} : { detail: `${info.lost} segments lost now` };
  const seen = { stage, subject, via: "traffic", ok: true, ageMs, ...counted, ...detail } as const;
  // An acquirer's time is that of its answers, and its kernel acknowledges also for a program that hangs.
  return stage === "acquirer" ? { ...seen, isOfTheWay: true } : { ...seen, rttMs };
}

/** Where `data_segs_out` is printed, a `retrans` that is not is 0: ss leaves zeros out (iproute2, misc/ss.c). */
function packetsBetween(before: TcpInfo, now: TcpInfo): { readonly sent: number; readonly lost: number } | undefined {
  if (before.segments === undefined || now.segments === undefined) return undefined;
  const sent = now.segments - before.segments;
  const lost = (now.sentAgain ?? 0) - (before.sentAgain ?? 0);
  return sent <= 0 || lost < 0 ? undefined : { sent, lost: Math.min(lost, sent) };
}
