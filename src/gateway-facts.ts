import type { RelayDriver } from "./drivers/iso8583/index.ts";
import type { GatewayParts } from "./gateway-parts.ts";
import { judgeCertificate } from "./health/certificates/judge-certificate.ts";
import { startNode } from "./health/machine-node.ts";
import type { AcquirerFacts, HealthFacts } from "./health/tree.ts";

/** What the parts of the gateway say of themselves right now, for the health tree. */
export function healthFacts({
  ledger,
  recorder,
  uplink,
  drivers,
  terminals,
  backups,
  exposure,
  link,
  machine,
  reboots,
  certificates,
  limits,
  interference,
  outlook,
  clock,
}: GatewayParts): HealthFacts {
  const views = terminals.views();
  const start = startNode(reboots.found(), clock.now());
  const seenBy = { now: clock.now(), isBelieved: clock.stamp().synced };
  const ahead = outlook();
  const { commits, p99Ms } = ledger.counters();
  const { failure } = recorder;
  const { reopening } = ledger;
  const { noWalBecause } = ledger.openedAs;
  const {
    connected,
    answers,
    hqOnline,
    unconfirmed,
    lastError,
    identityShared,
    route,
    routePreferred,
    confirm,
    drain,
  } = uplink.state();
  return {
    ledger: {
      answers: !ledger.lost.aborted,
      held: recorder.held,
      notRecorded: recorder.notRecorded,
      ...(failure === undefined ? {} : { failure }),
      ...(commits === 0 ? {} : { commitP99Ms: Math.round(p99Ms * 10) / 10 }),
    },
    ledgerFile: {
      integrity: ledger.integrity,
      quarantined: ledger.quarantined(),
      ...(noWalBecause === undefined ? {} : { noWalBecause }),
      ...(reopening.aborted ? { reopening: reasonOf(reopening) } : {}),
    },
    uplink: {
      connected: connected && answers,
      hqOnline,
      unconfirmed,
      identityShared,
      confirm,
      drain,
      ...(lastError === undefined ? {} : { lastError: lastError.reason }),
      ...(routePreferred === undefined ? {} : { backup: { inUse: route, preferred: routePreferred } }),
    },
    storage: ledger.space,
    parked: uplink.parked().length,
    acquirers: drivers.map(acquirerFacts),
    terminals: views.filter(({ family }) => family !== "hid"),
    readers: views.filter(({ family }) => family === "hid"),
    clockSynced: clock.stamp().synced,
    clockIsPlausible: clock.isPlausible,
    exposure: exposure.facts(),
    link: link.view(),
    machine: machine.view(),
    ...(start === undefined ? {} : { start }),
    certificates: certificates.sights().map((sight) => judgeCertificate(sight, limits.certificateDays, seenBy)),
    ...(ahead === undefined ? {} : { outlook: ahead }),
    channels: interference?.view() ?? [],
    ...(backups === undefined ? {} : { backup: backups.facts() }),
  };
}

function acquirerFacts(driver: RelayDriver): AcquirerFacts {
  const { route, routePreferred, endpoint, unreachable, silent } = driver.line();
  return {
    acquirer: driver.acquirer,
    listening: driver.isListening,
    unreachable,
    silent,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(routePreferred === undefined ? {} : { backup: { inUse: route, preferred: routePreferred } }),
  };
}

function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason);
}
