import { passedByLedger } from "./clock-belief.ts";
import { departedTerminals } from "./departed-terminals.ts";
import { bootTimes } from "./domain/boot-times-reducer.ts";
import type { Impact } from "./domain/impact.ts";
import type { AcquirerId } from "./domain/terminal.ts";
import type { RelayDriver } from "./drivers/iso8583/index.ts";
import { exposure } from "./exposure/exposure.ts";
import { ExposureReport } from "./exposure-report.ts";
import type { GatewayConfig, GatewaySecrets } from "./gateway-config.ts";
import { gatewayCertificates } from "./gateway-certificates.ts";
import { gatewayCasework } from "./gateway-casework.ts";
import { gatewayDrivers } from "./gateway-drivers.ts";
import { gatewayMachine } from "./gateway-machine.ts";
import { gatewayTerminals, type PaymentTiming } from "./gateway-terminals.ts";
import { gatewayHunts, gatewayInterference } from "./gateway-interference.ts";
import { gatewayOutlook } from "./gateway-outlook.ts";
import { gatewayLink } from "./gateway-link.ts";
import { gatewaySerial } from "./gateway-serial.ts";
import { gatewaySources } from "./gateway-sources.ts";
import { uplinkOptions } from "./gateway-uplink.ts";
import { clockWatch } from "./health/clock/clock-watch.ts";
import { healthState } from "./health-state.ts";
import { askKernel } from "./health/clock/kernel-sync.ts";
import { impact } from "./health/impact/impact.ts";
import { impactsAt } from "./health/impact/impacts-at.ts";
import { healthWatch } from "./health/health-watch.ts";
import type { LocalEndpoint } from "./http/endpoint.ts";
import { linkState } from "./link-report.ts";
import { layDownToken } from "./local-token.ts";
import type { Ledger } from "./queue/ledger.ts";
import { integrityWatch } from "./integrity-watch.ts";
import { openLedger } from "./queue/open-ledger.ts";
import { Recorder } from "./recorder.ts";
import { ReducerRunner } from "./reducer-runner.ts";
import { reopenWatch } from "./reopen-watch.ts";
import { restoreDrivers } from "./restore-drivers.ts";
import { RoundTrips } from "./round-trips.ts";
import { aborted } from "./runtime/aborted.ts";
import { BelievedClock } from "./runtime/believed-clock.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Endpoint } from "./runtime/endpoint.ts";
import { Liveness } from "./runtime/liveness.ts";
import type { Log } from "./runtime/log.ts";
import { runAfter } from "./runtime/run-after.ts";
import type { Service } from "./runtime/service.ts";
import { runStages } from "./runtime/stages.ts";
import type { Task } from "./runtime/task.ts";
import { tellingStart } from "./runtime/telling-start.ts";
import { serviceState } from "./service-state.ts";
import { snapshotKeeper } from "./snapshot-keeper.ts";
import { spaceRules } from "./space-rules.ts";
import { storeSampler } from "./store-sampler.ts";
import { terminalSampler } from "./terminal-sampler.ts";
import { TerminalReport } from "./terminal-report.ts";
import { RELEASED_AT } from "./version.ts";
import type { Uplink } from "./uplink/uplink.ts";
import type { UplinkTiming } from "./uplink/options.ts";

/** On a stop, what HQ has not confirmed gets this long to arrive. It is kept in any case. ms. */
const LAST_DRAIN_MS = 2_000;

export interface GatewayDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** The demo's acts are short; nobody configures this in the field. */
  readonly uplinkTiming?: Partial<UplinkTiming>;
  readonly paymentTiming?: PaymentTiming;
  /** How many times faster than in the field the line is judged; 1 where it is left out. */
  readonly linkSpeed?: number;
  /** Who started the daemon and wants to know how it is. */
  readonly service?: Service;
}

/** Where a running gateway can be reached: ports that the config left open are known only now. */
export interface RunningGateway {
  readonly http: Endpoint;
  /** Acquirer → port that its terminals connect to. */
  readonly ports: ReadonlyMap<AcquirerId, number>;
  readonly ledger: Ledger;
  readonly uplink: Uplink;
}

/**
 * The daemon: builds the parts from the config, wires them, runs them in order. Sinks start first, drivers last; a stop goes
 * the other way round, so that what the drivers still have to say is recorded and, if the line is up, delivered.
 *
 * @param onReady  Called once, when a sale can be made and recorded.
 * @throws LedgerError when the ledger cannot be opened; AggregateError with every part's failure, e.g. a port that is taken.
 */
export async function runGateway(
  config: GatewayConfig,
  secrets: GatewaySecrets,
  deps: GatewayDeps,
  signal: AbortSignal,
  onReady: (running: RunningGateway) => void,
): Promise<void> {
  const { log, version, random, uplinkTiming, paymentTiming } = deps;
  const clock = new BelievedClock(deps.clock, RELEASED_AT);
  // Half of what a start has to load; it does so while the store's threads come up.
  const loading = Promise.all([import("./http/endpoint.ts"), import("./http/access.ts"), import("./uplink/uplink.ts")]);
  await using ledger = await openLedger({
    directory: config.store.directory,
    allowVolatile: config.store.allowVolatile,
    clock,
    log,
    space: spaceRules(config.store),
    ...(secrets.cardKey === undefined ? {} : { cardKeySecret: secrets.cardKey }),
  });
  const recorder = new Recorder({ append: (draft, canWait) => ledger.append(draft, canWait), clock, log });
  const roundTrips = new RoundTrips();
  const { uplinkTls, acquirerTls, certificates } = gatewayCertificates(config, secrets, { clock, log });
  const drivers = gatewayDrivers(
    config,
    acquirerTls,
    { ledger, record: roundTrips.through(recorder.record) },
    { ...deps, clock },
  );
  for (const { name } of drivers.values()) ledger.needs(name);
  const [replayed, passed] = await Promise.all([restoreDrivers(ledger, drivers), passedByLedger(ledger)]);
  if (passed !== undefined) clock.raise(passed);
  log.info("ledger.open", { stream: ledger.stream, head: ledger.durable, mark: ledger.mark(), replayed });

  const [{ createEndpoint }, { Access, LOCAL_NAME }, { createUplink }] = await loading;
  const reducers = new ReducerRunner(ledger, { clock, log, record: recorder.record });
  const terminals = await gatewayTerminals(config, secrets, {
    ledger,
    recorder,
    reducers,
    clock,
    log,
    random,
    ...(paymentTiming === undefined ? {} : { timing: paymentTiming }),
  });
  const exposureReport = new ExposureReport(reducers.add(exposure), ledger, clock);
  const terminalReport = new TerminalReport({
    terminals: config.terminals,
    views: () => sources.terminals(),
    usage: terminals.usage,
    lately: terminals.lately,
    exposure: () => exposureReport.facts(),
    clock,
  });
  const departed = await departedTerminals(
    config.store.directory,
    config.terminals.map(({ id }) => id),
    log,
  );
  const boots = reducers.add(bootTimes);
  const casework = gatewayCasework(reducers, recorder.record);
  const joined = reducers.add(impact);
  const impacts = (): readonly Impact[] => {
    const state = joined.present();
    return state === undefined ? [] : impactsAt(state, config.site.timezone);
  };
  const outlook = gatewayOutlook(config, reducers, clock);
  const uplink = createUplink(uplinkOptions(config, secrets, uplinkTls, uplinkTiming), {
    outbox: ledger,
    clock,
    log,
    random,
    version,
    record: recorder.record,
    behindHq: (upTo) => void ledger.noteBehindHq(upTo),
    differsFromHq: (at) => void ledger.noteDiffersFromHq(at),
    // Asked for the first time when the uplink runs.
    states: [
      healthState(() => sources.health(), clock),
      exposureReport.retained(),
      linkState(
        () => link.view(),
        () => interference?.view() ?? [],
        impacts,
        clock,
      ),
      ...terminalReport.retained(),
      ...departed,
    ],
  });
  const link = gatewayLink(config, { ...deps, clock }, { ledger, recorder, uplink, drivers, terminals });
  const serial = gatewaySerial(config, terminals.supervised, clock);
  const interference = gatewayInterference(
    config,
    { ...deps, clock },
    { ledger, recorder, serial, lowSupply: () => machine.lowSupply },
  );
  const hunts = gatewayHunts(config, { clock, log }, recorder, terminals.supervised);
  const { machine, reboots } = gatewayMachine(config, { clock, log }, { ledger, recorder, link });
  roundTrips.tell((ms, acquirer) => {
    uplink.noteAcquirerRoundTrip(ms);
    link.observe({ stage: "acquirer", subject: acquirer, via: "traffic", ok: true, rttMs: ms });
  });
  const { tenant, site, gateway } = config.site;
  const { backup, directory } = config.store;
  const backups =
    backup === undefined
      ? undefined
      : (await import("./backup-keeper.ts")).backupKeeper({ ...backup, store: directory }, ledger, {
          clock,
          log,
          version,
        });
  const sources = gatewaySources({
    ledger,
    recorder,
    uplink,
    drivers: [...drivers.values()],
    terminals: terminals.supervised,
    exposure: exposureReport,
    bootTimes: () => boots.present(),
    impacts,
    diagnosis: casework.diagnosis,
    outlook,
    machine,
    reboots,
    certificates,
    limits: config.health,
    backups,
    link,
    interference,
    serial,
    clock,
  });
  const token = await layDownToken(config.store.directory, log);
  const access = new Access([
    ...secrets.credentials,
    ...(token === undefined ? [] : [{ name: LOCAL_NAME, role: "admin" as const, secret: token }]),
  ]);
  const endpoint = createEndpoint(
    { listen: config.http.listen, version, serviceId: `${tenant}/${site}/${gateway}` },
    sources,
    {
      clock,
      log,
      parked: uplink,
      history: ledger,
      terminalActions: terminals.actions,
      incidents: casework.incidents,
      hunts,
      payments: terminals.payments(access),
      access,
    },
  );
  const reachable = Promise.withResolvers<void>();
  const toHq = tellingStart(uplink);
  const watched = deps.service?.watch(
    {
      started: Promise.all([reachable.promise, toHq.began, terminals.supervised.running]),
      liveness: new Liveness(sources.pulses, clock),
      state: () => serviceState(sources.health()),
    },
    clock,
  );
  const announced = announce(endpoint, drivers, (http, ports) => {
    onReady({ http, ports, ledger, uplink });
    reachable.resolve();
  });
  await runStages(
    [
      {
        tasks: [
          storeWatch(ledger),
          healthWatch(() => sources.health(), clock),
          endpoint,
          ...(backups === undefined ? [] : [backups]),
          snapshotKeeper(ledger, [...drivers.values()], { clock, log, replayed, isHolding: () => recorder.isHolding }),
          storeSampler({ ledger, recorder, uplink, clock }),
          terminalSampler({ ledger, terminals: config.terminals.map(({ id }) => id), usage: terminals.usage, clock }),
          reducers,
          reopenWatch(
            { reopening: ledger.reopening, terminals: () => [...drivers.values()].flatMap((one) => one.terminals()) },
            { clock, log },
          ),
          integrityWatch(ledger, { clock, log }),
        ],
      },
      // Ends after all who record, and before the last snapshot.
      { tasks: [recorder] },
      {
        tasks: [
          clockWatch({ clock, log, version, record: recorder.record, askKernel }),
          // What the line to headquarters has to load would keep the terminals waiting.
          runAfter(announced, toHq.task),
          runAfter(announced, link),
          runAfter(announced, machine),
          reboots,
          runAfter(announced, certificates),
          hunts,
          ...(interference === undefined ? [] : [runAfter(announced, interference)]),
        ],
        beforeStop: async () => lastDrain(ledger, uplink, clock),
      },
      { tasks: [...drivers.values(), ...terminals.tasks] },
      // Stops first: what runs at a terminal is called back, and its end is seen while its link is still open.
      { tasks: [terminals.desk, ...(watched === undefined ? [] : [watched])] },
    ],
    signal,
  );
  await announced;
}

/** A dead store thread cannot be mended from inside: the process ends, and systemd starts it anew. */
function storeWatch(ledger: Ledger): Task {
  return {
    name: "store",
    run: async (signal) => {
      await aborted(AbortSignal.any([signal, ledger.lost]));
      if (!signal.aborted) throw new Error("a store thread died", { cause: ledger.lost.reason });
    },
  };
}

/** A port that cannot be had is reported by the part that wanted it. */
async function announce(
  endpoint: LocalEndpoint,
  drivers: ReadonlyMap<AcquirerId, RelayDriver>,
  onReady: (http: Endpoint, ports: ReadonlyMap<AcquirerId, number>) => void,
): Promise<void> {
  try {
    const http = await endpoint.address();
    const ports = new Map<AcquirerId, number>();
    for (const [acquirer, driver] of drivers) ports.set(acquirer, await driver.address());
    onReady(http, ports);
  } catch {
    // The failing task's own rejection carries the reason.
  }
}

/** The drivers have closed: what they said last may still go out. */
async function lastDrain(ledger: Ledger, uplink: Uplink, clock: Clock): Promise<void> {
  const deadline = clock.monotonicMs() + LAST_DRAIN_MS;
  const never = new AbortController().signal;
  while (uplink.state().connected && ledger.mark() < ledger.durable && clock.monotonicMs() < deadline) {
    await clock.sleep(20, never);
  }
}
