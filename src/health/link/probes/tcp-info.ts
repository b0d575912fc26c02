import type { RunTool } from "../../../runtime/run-tool.ts";
import type { SysFiles } from "../../../runtime/sys-files.ts";

/** What the kernel knows of one connection (tcp(7), TCP_INFO), as ss(8) prints it. What it does not print is unknown. */
export interface TcpInfo {
  /** Tells it from another connection between the same hosts. */
  readonly local: string;
  /** Of its socket: tells whose it is. */
  readonly inode?: number;
  /** Without zone or brackets; an IPv4 address is written as one. */
  readonly peerHost: string;
  readonly peerPort: number;
  /** Smoothed round trip (RFC 6298), and the least that was ever seen. ms. */
  readonly rttMs?: number;
  readonly minRttMs?: number;
  /** Segments with data sent so far, those sent again among them (RFC 4898, tcpEStatsPerfDataSegsOut). */
  readonly segments?: number;
  /** Segments sent again so far. */
  readonly sentAgain?: number;
  /** Bytes that the peer has acknowledged so far, and how long ago it acknowledged anything, ms. */
  readonly acknowledged?: number;
  readonly acknowledgedMsAgo?: number;
  /** Segments that the kernel holds for lost now. */
  readonly lost?: number;
}

type Ends = Pick<TcpInfo, "local" | "inode" | "peerHost" | "peerPort">;

/** Inodes of the sockets that this process holds (proc(5), /proc/pid/fd). */
export async function ownSockets(files: SysFiles): Promise<ReadonlySet<number>> {
  const names = await files.names("/proc/self/fd");
  const targets = await Promise.all(names.map(async (name) => files.linkName(`/proc/self/fd/${name}`)));
  return new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target ?? "")?.[1] ?? []).map(Number));
}

/** Nothing where `ss` is missing or fails. Reads the kernel, and sends no packet. 3 to 6 ms. */
export async function tcpInfo(
  run: RunTool,
  peerPorts: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<readonly TcpInfo[]> {
  const filter = [...peerPorts].flatMap((port, at) => [...(at === 0 ? [] : ["or"]), "dport", "=", `:${port}`]);
  const args = ["-tineH", "state", "established", "(", ...filter, ")"];
  const answer = await run("ss", args, { timeoutMs: 2_000, signal });
  return answer.ok ? parseTcpInfo(answer.stdout) : [];
}

/** @param text  `ss -tineH`, with or without a column for the state: a line of addresses, then an indented one of figures. */
export function parseTcpInfo(text: string): readonly TcpInfo[] {
  const found: TcpInfo[] = [];
  let ends: Ends | undefined;
  for (const line of text.split("\n")) {
    if (!/^\s/.test(line)) ends = endsOf(line);
    else if (ends !== undefined) {
      found.push({ ...ends, ...figuresOf(line) });
      ends = undefined;
    }
  }
  return found;
}

function endsOf(line: string): Ends | undefined {
  const [local, peer] = line.split(/\s+/).filter((word) => /:\d+$/.test(word));
  const parts = /^(.+):(\d+)$/.exec(peer ?? "");
  if (local === undefined || parts === null) return undefined;
  const [, host = "", port = ""] = parts;
  const bare = host.replace(/%[^\]]*/, "").replace(/^\[(.*)\]$/, "$1");
  const inode = /\sino:(\d+)/.exec(line)?.[1];
  return {
    local,
    ...(inode === undefined ? {} : { inode: Number(inode) }),
    peerHost: bare.replace(/^::ffff:(?=\d+\.)/i, ""),
    peerPort: Number(port),
  };
}

function figuresOf(line: string): Omit<TcpInfo, keyof Ends> {
  const number = (pattern: RegExp): number | undefined => {
    const text = pattern.exec(line)?.[1];
    return text === undefined ? undefined : Number(text);
  };
  const rttMs = number(/(?:^|\s)rtt:([\d.]+)\//);
  const minRttMs = number(/(?:^|\s)minrtt:([\d.]+)(?:\s|$)/);
  const segments = number(/(?:^|\s)data_segs_out:(\d+)/);
  // `retrans:now/ever`.
  const sentAgain = number(/(?:^|\s)retrans:\d+\/(\d+)/);
  const acknowledged = number(/(?:^|\s)bytes_acked:(\d+)/);
  // ss leaves zeros out (iproute2, misc/ss.c): what was acknowledged in this very millisecond has no `lastack`.
  const acknowledgedMsAgo = number(/(?:^|\s)lastack:(\d+)/) ?? (acknowledged === undefined ? undefined : 0);
  const lost = number(/(?:^|\s)lost:(\d+)/);
  return {
    ...(rttMs === undefined ? {} : { rttMs }),
    ...(minRttMs === undefined ? {} : { minRttMs }),
    ...(segments === undefined ? {} : { segments }),
    ...(sentAgain === undefined ? {} : { sentAgain }),
    ...(acknowledged === undefined ? {} : { acknowledged }),
    ...(acknowledgedMsAgo === undefined ? {} : { acknowledgedMsAgo }),
    ...(lost === undefined ? {} : { lost }),
  };
}
