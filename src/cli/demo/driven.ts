import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../runtime/clock.ts";
import { serveEcrTerminal, type ServedTerminal } from "../../sim/ecr/serve-tcp.ts";
import { ptyCable } from "../../sim/pty-cable.ts";
import { seededRandom } from "../../sim/seeded-random.ts";
import { startWeather } from "../../sim/weather/weather.ts";
import { serveZvtPort, serveZvtTcp } from "../../sim/zvt/serve.ts";
import { ZvtTerminal } from "../../sim/zvt/terminal.ts";
import type { Charge } from "./audit-orders.ts";

/** A simulated terminal that tillgate drives, with all that stands between the two. */
export interface Driven {
  readonly id: string;
  /** What it is, as the demo names it. */
  readonly place: "zvtTcp" | "zvtPty" | "ecrTcp";
  readonly currency: string;
  /** Its entry in the config, beside the id. */
  readonly entry: object;
  readonly isBusy: () => boolean;
  /** Its own books. */
  readonly charges: () => readonly Charge[];
  /** The customer who comes next, whatever he does. */
  readonly meetCustomer: () => void;
  /** The link breaks in the middle of the next sale, when the host has approved and the till does not know. */
  readonly breakInNextSale: () => void;
  /** It was told to and has not yet, where that can be seen. */
  readonly isAboutToBreak: () => boolean;
  /** The link is there again. */
  readonly mend: () => Promise<void>;
}

/** ms that customers and the host take. */
const STEP_MS = 60;
const HOST_MS = [80, 700] as const;

const LEAST_HEARTBEAT_S = 5;
const LEAST_COMPLETION_S = 30;

/** Brings the terminals up. Where socat is not there, none is on a serial line. */
export async function startDriven(
  directory: string,
  clock: Clock,
): Promise<AsyncDisposable & { readonly terminals: readonly Driven[] }> {
  await using stack = new AsyncDisposableStack();
  const onTcp = await zvtOnTcp(stack, clock);
  const onPty = await zvtOnPty(stack, clock, join(directory, "serial"));
  const terminals = [onTcp, ...(onPty === undefined ? [] : [onPty]), await ecrOnTcp(stack)];
  const kept = stack.move();
  return { terminals, [Symbol.asyncDispose]: async () => kept.disposeAsync() };
}

async function zvtOnTcp(stack: AsyncDisposableStack, clock: Clock): Promise<Driven> {
  const { terminal, ...driven } = zvt(stack, 201, clock, async () => line.set({ kind: "cut" }));
  const tcp = stack.use(await serveZvtTcp(terminal));
  const line = stack.use(await startWeather({ target: tcp }));
  return {
    ...driven,
    id: "counter-1",
    place: "zvtTcp",
    entry: { ...ZVT, link: { tcp: `127.0.0.1:${line.port}` } },
    mend: async () => {
      driven.disarm();
      await line.set({ kind: "clear" });
    },
  };
}

async function zvtOnPty(stack: AsyncDisposableStack, clock: Clock, directory: string): Promise<Driven | undefined> {
  await mkdir(directory);
  const cable = await ptyCable(directory);
  if (cable === undefined) return undefined;
  stack.use(cable);
  const { terminal, ...driven } = zvt(stack, 202, clock, async () => cable.pull());
  stack.use(await serveZvtPort(terminal, cable.far, 9_600, clock));
  return {
    ...driven,
    id: "counter-2",
    place: "zvtPty",
    entry: { ...ZVT, link: { serial: { path: cable.near } } },
    mend: async () => {
      driven.disarm();
      await cable.plug();
    },
  };
}

const ZVT = { family: "zvt", heartbeatS: LEAST_HEARTBEAT_S, completionTimeoutS: LEAST_COMPLETION_S } as const;
/** ISO 4217, the yuan. */
const CNY = 156;

type ZvtDriven = Omit<Driven, "id" | "place" | "entry" | "mend"> & {
  readonly terminal: ZvtTerminal;
  readonly disarm: () => void;
};

function zvt(stack: AsyncDisposableStack, seed: number, clock: Clock, breakLink: () => Promise<void>): ZvtDriven {
  const random = seededRandom(seed);
  let isArmed = false;
  const terminal = stack.use(
    new ZvtTerminal({
      identity: { terminalNumber: `52000${seed}`, serial: `80000${seed}` },
      currency: CNY,
      times: { stepMs: STEP_MS },
      habits: { declineRate: 0.08, abortRate: 0.03, hostMs: HOST_MS },
      random,
      clock,
      onStep: async (step) => {
        if (step !== "hostDecided" || !isArmed) return;
        isArmed = false;
        await breakLink();
      },
    }),
  );
  return {
    terminal,
    currency: "CNY",
    isBusy: () => terminal.isBusy,
    charges: () =>
      terminal.books.bookings.flatMap(({ kind, outcome, amount, receipt, trace }) =>
        kind === "charge" && outcome === "approved" && receipt !== undefined && trace !== undefined
          ? [{ receipt, trace, amount }]
          : [],
      ),
    meetCustomer: () => {
      if (random() < 0.04) terminal.next({ customer: "waits" });
    },
    breakInNextSale: () => (isArmed = true),
    isAboutToBreak: () => isArmed,
    disarm: () => (isArmed = false),
  };
}

/** ECR17 knows the euro only. */
async function ecrOnTcp(stack: AsyncDisposableStack): Promise<Driven> {
  const random = seededRandom(203);
  const served: ServedTerminal = stack.use(await serveEcrTerminal({ profile: "ecr17", stepMs: 3 * STEP_MS }));
  const { terminal } = served;
  return {
    id: "counter-3",
    place: "ecrTcp",
    currency: "EUR",
    // The extended result tells the amount: without it nothing that the terminal remembers could be evidence.
    entry: {
      family: "ecr",
      profile: "ecr17",
      commands: "on",
      extendedResult: true,
      heartbeatS: LEAST_HEARTBEAT_S,
      link: { tcp: `127.0.0.1:${served.port}` },
    },
    isBusy: () => terminal.isBusy,
    charges: () => terminal.books.charges.map(({ number, amount }) => ({ trace: number, amount })),
    meetCustomer: () => {
      const chance = random();
      if (chance < 0.08) terminal.next({ customer: "isDeclined" });
      else if (chance < 0.12) terminal.next({ customer: "cancels" });
    },
    breakInNextSale: () => terminal.next({ misbehaviour: { do: "dieAfterAck" } }),
    isAboutToBreak: () => false,
    mend: async () => Promise.resolve(),
  };
}
