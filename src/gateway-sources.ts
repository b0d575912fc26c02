import type { HealthNode } from "./domain/health.ts";
import type { Seq } from "./domain/record.ts";
import { healthFacts } from "./gateway-facts.ts";
import type { GatewayParts } from "./gateway-parts.ts";
import { readings } from "./gateway-readings.ts";
import { withLine } from "./gateway-serial.ts";
import { canSell } from "./health/terminals-node.ts";
import { healthTree, withSince } from "./health/tree.ts";
import type { Sources, StoredRecord } from "./http/sources.ts";
import { linkMessage, linkReadings } from "./link-report.ts";
import type { Ledger } from "./queue/ledger.ts";
import { LedgerError } from "./queue/ledger-error.ts";
import { rfc3339 } from "./runtime/clock.ts";
import { countsOf } from "./terminals/usage/tallies.ts";

/** A store thread that takes longer is as good as dead. ms. */
const PULSE_WITHIN_MS = 5_000;

/** What the local endpoint shows, read from the parts at the moment of asking. */
export function gatewaySources(parts: GatewayParts): Sources {
  const { ledger, drivers, terminals, exposure, link, serial, interference, clock } = parts;
  let before: HealthNode | undefined;
  return {
    pulses: [
      { name: "store", beat: async () => ledger.alive(PULSE_WITHIN_MS) },
      { name: "supervisor", beat: terminals.alive },
    ],
    notReadyBecause: () => notReady(parts),
    health: () => {
      before = withSince(healthTree(healthFacts(parts)), before, rfc3339(clock.now()));
      return before;
    },
    terminals: () => [
      ...drivers.flatMap((driver) => driver.terminals()),
      ...terminals.views().map((view) => withLine(view, serial, interference)),
    ],
    operators: () => [...terminals.operators()].map(([operator, tally]) => ({ operator, counts: countsOf(tally) })),
    ledger: {
      head: async () => ledger.durable,
      first: () => ledger.first,
      page: async (from, limit) => heldPage(ledger, from, limit),
    },
    exposure: () => exposure.message(),
    link: () => linkMessage(link.view(), parts.interference?.view() ?? [], parts.impacts(), clock),
    bootTimes: parts.bootTimes,
    diagnosis: parts.diagnosis,
    metrics: () => [...readings(parts), ...exposure.readings(), ...linkReadings(link.view())],
  };
}

/** Retention may pass a reader who goes back through the ledger. */
async function heldPage(ledger: Ledger, from: Seq, limit: number): Promise<readonly StoredRecord[]> {
  try {
    return await ledger.page(from, limit);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "record.freed") return [];
    throw error;
  }
}

function notReady({ ledger, drivers, terminals }: GatewayParts): readonly string[] {
  const reasons: string[] = [];
  if (ledger.lost.aborted) reasons.push("the store has stopped: nothing can be recorded; restart tillgate");
  const refusal = ledger.refusesMoneyBecause;
  if (refusal !== undefined) reasons.push(refusal.message);
  const canRelay = drivers.some(({ isListening }) => isListening);
  if (canRelay || terminals.views().some(canSell)) return reasons;
  if (drivers.length > 0) {
    reasons.push("no acquirer can be reached: terminals are refused before they send; check the shop's internet line");
  }
  for (const { terminal, state = "unknown", reason } of terminals.views()) {
    reasons.push(`${terminal} cannot take a payment: ${state}${reason === undefined ? "" : `, ${reason}`}`);
  }
  return reasons;
}
