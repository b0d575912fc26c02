import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import type { AcquirerId, TerminalView } from "./domain/terminal.ts";
import type { AcquirerLineState } from "./drivers/iso8583/acquirer-line.ts";
import type { RelayDriver } from "./drivers/iso8583/index.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import type { GatewayTerminals } from "./gateway-terminals.ts";
import { LineLoad } from "./health/link/line-load.ts";
import { LinkWatch } from "./health/link/link-watch.ts";
import { acquirerProbe } from "./health/link/probes/acquirer-probe.ts";
import { anchorProbe } from "./health/link/probes/anchor-probe.ts";
import { brokerProbe, type SessionFacts, sessionProbe } from "./health/link/probes/headquarters-probe.ts";
import { interfaceProbe } from "./health/link/probes/interface-probe.ts";
import { nameProbe } from "./health/link/probes/name-probe.ts";
import { portalProbe } from "./health/link/probes/portal-probe.ts";
import { routerProbe } from "./health/link/probes/router-probe.ts";
import { tcpLooker } from "./health/link/probes/tcp-look.ts";
import { terminalProbe } from "./health/link/probes/terminal-probe.ts";
import { trafficProbe, type WatchedPeer } from "./health/link/probes/traffic-probe.ts";
import type { StageProbe } from "./health/link/stage-probe.ts";
import type { Ledger } from "./queue/ledger.ts";
import type { Recorder } from "./recorder.ts";
import type { Clock } from "./runtime/clock.ts";
import { type Endpoint, formatEndpoint, isLoopback } from "./runtime/endpoint.ts";
import type { Log } from "./runtime/log.ts";
import { sourceOf } from "./runtime/route.ts";
import { runTool } from "./runtime/run-tool.ts";
import { SysFiles } from "./runtime/sys-files.ts";
import { brokerEndpoint } from "./uplink/dial.ts";
import type { Uplink } from "./uplink/uplink.ts";

/** What the line's probes are told by the rest of the gateway. */
interface LinkSources {
  readonly session: () => SessionFacts;
  readonly ping: Uplink["ping"];
  readonly acquirers: () => ReadonlyMap<AcquirerId, AcquirerLineState>;
  readonly terminals: () => readonly TerminalView[];
  readonly load: LineLoad;
  readonly monotonicMs: () => number;
  /** Wall clock, ms. */
  readonly now: () => number;
}

export interface LinkDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** How many times faster than in the field the line is judged. */
  readonly linkSpeed?: number;
}

interface LinkParts {
  readonly ledger: Pick<Ledger, "sample">;
  readonly recorder: Recorder;
  readonly uplink: Uplink;
  readonly drivers: ReadonlyMap<AcquirerId, RelayDriver>;
  readonly terminals: Pick<GatewayTerminals, "supervised">;
}

/** Watches the way out of the shop; where a line of the shop is down and another is not, traffic is told. */
export function gatewayLink(
  config: GatewayConfig,
  { clock, log, random, linkSpeed = 1 }: LinkDeps,
  { ledger, recorder, uplink, drivers, terminals }: LinkParts,
): LinkWatch {
  const load = new LineLoad(linkSpeed);
  const probes = linkProbes(
    config,
    {
      load,
      session: () => uplink.state(),
      ping: async (withinMs, signal) => uplink.ping(withinMs, signal),
      acquirers: () => new Map([...drivers].map(([acquirer, driver]) => [acquirer, driver.line()])),
      terminals: () => [
        ...[...drivers.values()].flatMap((driver) => driver.terminals()),
        ...terminals.supervised.views(),
      ],
      monotonicMs: () => clock.monotonicMs(),
      now: () => clock.now(),
    },
    linkSpeed,
  );
  return new LinkWatch(
    probes,
    { line: config.link.line, speed: linkSpeed },
    {
      clock,
      log,
      random,
      record: recorder.record,
      sample: (series, value) => ledger.sample(series, value),
      load,
      onRoute: (route, isUsable) => {
        uplink.judgeRoute(route, isUsable);
        for (const driver of drivers.values()) driver.judgeRoute(route, isUsable);
      },
    },
  );
}

/** For one connection or one question, ms: what takes longer on a till's line counts as lost. */
const ANSWERS_WITHIN_MS = 2_000;
/** In the shop itself nothing takes longer: one packet may be lost and repeated. ms. */
const ROUTER_ANSWERS_WITHIN_MS = 1_000;
/** A line that costs by the megabyte is asked less often. ms. */
const ASKED_EVERY_MS = { wired: 5_000, mobile: 15_000 } as const;

/** The probes that this config asks for. @param speed  Of the clock: 1 in the field. */
function linkProbes(config: GatewayConfig, sources: LinkSources, speed: number): readonly StageProbe[] {
  const { link, uplink } = config;
  const files = new SysFiles("/");
  const hasten = Math.min(speed, 4);
  const timeoutMs = ANSWERS_WITHIN_MS / hasten;
  const tcpLook = tcpLooker();
  const broker = brokerEndpoint(uplink.url);
  const routes = uplink.routes ?? [];
  const endpoints = new Map<string, Endpoint | undefined>(
    config.acquirers.map((acquirer) => [acquirer.id, link.probeAcquirers ? acquirer.endpoints[0] : undefined]),
  );
  const terminals = terminalProbe(sources.terminals);
  const session = sessionProbe({
    session: sources.session,
    ping: sources.ping,
    broker,
    isSecure: uplink.url.startsWith("mqtts:"),
    now: sources.now,
    everyMs: ASKED_EVERY_MS[link.line],
    timeoutMs,
  });
  const acquirers = config.acquirers.map(({ id }) =>
    acquirerProbe({
      acquirer: id,
      facts: () => sources.acquirers().get(id) ?? UNHEARD,
      askAt: endpoints.get(id),
      timeoutMs,
      tcpLook,
    }),
  );
  if (staysOnThisMachine(config)) {
    return [brokerProbe({ broker, source: () => ({}), timeoutMs, tcpLook }), session, ...acquirers, terminals];
  }
  return [
    interfaceProbe({ files, addresses: networkInterfaces, monotonicMs: sources.monotonicMs }, speed),
    routerProbe(
      {
        files,
        run: runTool,
        icmp: link.icmp,
        timeoutMs: ROUTER_ANSWERS_WITHIN_MS / hasten,
        tcpLook,
        monotonicMs: sources.monotonicMs,
      },
      speed,
    ),
    ...link.anchors.flatMap((anchor) => {
      const common = { anchor, everyMs: ASKED_EVERY_MS[link.line], timeoutMs, tcpLook };
      if (routes.length < 2) return [anchorProbe({ ...common, source: () => ({}) })];
      return routes.map((route) =>
        anchorProbe({
          ...common,
          route: route.name,
          source: () => sourceOf(route, anchor.host, networkInterfaces()),
        }),
      );
    }),
    ...(isIP(broker.host) === 0 ? [nameProbe({ name: broker.host, servers: link.nameServers, files, timeoutMs })] : []),
    ...(link.portalUrl === undefined ? [] : [portalProbe(link.portalUrl, timeoutMs)]),
    brokerProbe({ broker, source: () => ({}), timeoutMs, tcpLook }),
    trafficProbe({
      files,
      run: runTool,
      peers: watchedPeers(config, broker),
      load: sources.load,
      monotonicMs: sources.monotonicMs,
    }),
    session,
    ...acquirers,
    terminals,
  ];
}

/** With everybody on this machine, as in a trial, nothing of ours goes near the network: it is left alone. */
export function staysOnThisMachine({ link, uplink, acquirers }: GatewayConfig): boolean {
  const peers = [brokerEndpoint(uplink.url), ...link.anchors, ...acquirers.flatMap(({ endpoints }) => endpoints)];
  return peers.every(({ host }) => isLoopback(host));
}

/** Whose connections the kernel is asked about. */
function watchedPeers({ acquirers }: GatewayConfig, broker: Endpoint): readonly WatchedPeer[] {
  return [
    { stage: "hqTcp", subject: formatEndpoint(broker), endpoint: broker },
    ...acquirers.flatMap(({ id, endpoints }) =>
      endpoints.map((endpoint) => ({ stage: "acquirer", subject: id, endpoint }) as const),
    ),
  ];
}

/** A relay that has said nothing of itself yet. */
const UNHEARD = {
  isUsable: true,
  lastCode: undefined,
  heardMsAgo: Number.POSITIVE_INFINITY,
  endpoint: undefined,
  silent: [],
} as const;
