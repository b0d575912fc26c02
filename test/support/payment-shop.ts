import { createEndpoint } from "../../src/http/endpoint.ts";
import { Access } from "../../src/http/access.ts";
import type { Sources } from "../../src/http/sources.ts";
import type { Ledger } from "../../src/queue/ledger.ts";
import { Recorder } from "../../src/recorder.ts";
import { ReducerRunner } from "../../src/reducer-runner.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { Secret } from "../../src/runtime/secret.ts";
import { AlternativeDesk } from "../../src/terminals/payments/alternative-desk.ts";
import { doubts } from "../../src/terminals/payments/doubts.ts";
import type { DeskOptions } from "../../src/terminals/payments/options.ts";
import { PaymentDesk } from "../../src/terminals/payments/payment-desk.ts";
import { ledgerIn } from "../contract/ledger/a-ledger.ts";
import { RunningTask } from "./running-task.ts";
import { ScriptedTerminal, ScriptedTerminals } from "./scripted-terminals.ts";
import { Till } from "./till.ts";
import { waitUntil } from "./wait-until.ts";
import { noSources } from "./no-sources.ts";

const QUICK = { quietMs: 0, notNowMs: 20, againMs: [50, 50] };

const TOKENS = {
  "till-a": "till",
  "till-b": "till",
  boss: "supervisor",
  tech: "technician",
  auditor: "auditor",
  local: "admin",
} as const;
type Name = keyof typeof TOKENS;

export interface PaymentShop extends AsyncDisposable {
  readonly url: string;
  readonly ledger: Ledger;
  readonly desk: PaymentDesk;
  as(name: Name): Till;
}

/** What outlives a daemon: the terminals, behind the drivers' seam. The ledger's directory does too. */
export function theTerminals(): { readonly terminal: ScriptedTerminal; readonly claims: ScriptedTerminals } {
  const terminal = new ScriptedTerminal("t-1");
  return { terminal, claims: new ScriptedTerminals(terminal) };
}

/** A desk over a real ledger, with its reducer, its recorder and its HTTP endpoint; only the terminals are scripted. */
export async function openPaymentShop(
  directory: string,
  claims: ScriptedTerminals,
  { waitMs, ...options }: Partial<DeskOptions> & { readonly waitMs?: number } = {},
): Promise<PaymentShop> {
  const clock = systemClock();
  const log = silentLog;
  const ledger = await ledgerIn(directory);
  const recorder = new Recorder({ append: async (draft, canWait) => ledger.append(draft, canWait), clock, log });
  const reducers = new ReducerRunner(ledger, { clock, log, record: recorder.record });
  const running = reducers.add(doubts);
  const deps = {
    clock,
    log,
    ledger,
    recorder,
    claims,
    doubts: () => running.present(),
    keysInUse: new Set<string>(),
    newId: () => crypto.randomUUID(),
  };
  const desk = new PaymentDesk(deps, { asking: QUICK, ...options });
  const alternatives = new AlternativeDesk(deps);
  const source = {
    pay: desk.pay.bind(desk),
    find: desk.find.bind(desk),
    handIn: alternatives.handIn.bind(alternatives),
    inDoubt: desk.inDoubt.bind(desk),
    doubtView: desk.doubtView.bind(desk),
    resolve: desk.resolve.bind(desk),
  };
  const access = new Access(
    Object.entries(TOKENS).map(([name, role]) => ({
      name,
      role,
      secret: new Secret(`secret of ${name}`.replaceAll(" ", "-")),
    })),
  );
  const payments = { source, access, hotline: "+86 95516", ...(waitMs === undefined ? {} : { waitMs }) };
  const endpoint = createEndpoint(
    { listen: { host: "127.0.0.1", port: 0 }, version: "1.2.3", serviceId: "demo/shop/gw" },
    sourcesOf(ledger),
    { clock, log, payments },
  );
  const [http, ...tasks] = [endpoint, desk, recorder, reducers].map((task) => new RunningTask(task));
  const { port } = await endpoint.address();
  const url = `http://127.0.0.1:${port}`;
  await waitUntil("the desk is open", () => desk.inDoubt() !== undefined);
  return {
    url,
    ledger,
    desk,
    as: (name) => new Till(url, `secret-of-${name}`),
    [Symbol.asyncDispose]: async () => {
      await http?.stop();
      for (const task of tasks) await task.stop();
      await ledger[Symbol.asyncDispose]();
    },
  };
}

function sourcesOf(ledger: Ledger): Sources {
  return noSources({
    ledger: {
      head: () => ledger.durable,
      first: () => ledger.first,
      page: async (from, limit) => ledger.page(from, limit),
    },
  });
}
