import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { huntAnswer, huntsAnswer } from "../../../src/contract/hunts.ts";
import { problemSchema } from "../../../src/contract/http.ts";
import { cardToken } from "../../../src/domain/card.ts";
import type { DeviceDriver } from "../../../src/domain/device.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { paymentId } from "../../../src/domain/payment.ts";
import { type RecordDraft, seq } from "../../../src/domain/record.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { withPlaceCounters } from "../../../src/drivers/transport/counted-place.ts";
import { linkPlace } from "../../../src/drivers/transport/link-place.ts";
import { zvtDriver } from "../../../src/drivers/zvt/index.ts";
import { zvtOptions } from "../../../src/drivers/zvt/options.ts";
import { huntChannels } from "../../../src/health/interference/hunt/hunt-channels.ts";
import { Hunts } from "../../../src/health/interference/hunt/hunts.ts";
import { createEndpoint } from "../../../src/http/endpoint.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { runTool } from "../../../src/runtime/run-tool.ts";
import { SysFiles } from "../../../src/runtime/sys-files.ts";
import { serveZvtPort } from "../../../src/sim/zvt/serve.ts";
import { ZvtTerminal } from "../../../src/sim/zvt/terminal.ts";
import { noSources } from "../../support/no-sources.ts";
import { type SwitchedCable, switchedCable } from "../../support/noisy-cable.ts";
import { RunningTask } from "../../support/running-task.ts";
import { accessWith, tokenOf } from "../../support/tokens.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const T1 = terminalId("till-1");
const never = new AbortController().signal;
/** One byte in so many arrives as another: about every tenth frame is spoilt. */
const NOISE = 0.004;

let clock: VirtualClock;
let driver: DeviceDriver | undefined;
let records: RecordDraft[];
let tasks: readonly RunningTask[];
let url: string;

/** Real drivers, ptys and HTTP; only the hunt's seconds are the test's, so that each has one sale in it. */
beforeEach(async () => {
  clock = new VirtualClock();
  records = [];
  const hunts = new Hunts({
    clock,
    log: silentLog,
    record: async (draft) => {
      records.push(draft);
      return Promise.resolve(seq(records.length));
    },
    channels: async () =>
      huntChannels(
        {
          files: new SysFiles("/"),
          run: runTool,
          lines: () => new Map(driver === undefined ? [] : [[T1, driver.counters()]]),
        },
        false,
      ),
  });
  const endpoint = createEndpoint(
    { listen: { host: "127.0.0.1", port: 0 }, version: "1.2.3", serviceId: "demo/shop/gw" },
    noSources(),
    { clock, log: silentLog, hunts, access: accessWith(undefined) },
  );
  tasks = [new RunningTask(hunts), new RunningTask(endpoint)];
  url = `http://127.0.0.1:${(await endpoint.address()).port}/api/v1/hunts`;
});

afterEach(async () => {
  for (const task of tasks) await task.stop();
  expect(clock.sleepers).toBe(0);
  driver = undefined;
});

async function post(path: string, body: unknown, role = "technician"): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${tokenOf(role).reveal()}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function answered(response: Response) {
  return huntAnswer.parse(await response.json()).hunt;
}

async function problemOf(response: Response) {
  const { type, status, reasons } = problemSchema.parse(await response.json());
  return { type: type.slice("urn:tillgate:problem:".length), status, ...(reasons === undefined ? {} : { reasons }) };
}

function driverAt(path: string): DeviceDriver {
  const options = {
    ...zvtOptions.parse({ family: "zvt", configByte: "98", link: { serial: { path } } }),
    ackTimeoutMs: 250,
    answerTimeoutMs: 1_000,
    completionTimeoutS: 2,
  };
  const place = linkPlace(options.link);
  const deps = {
    clock: systemClock(),
    log: silentLog,
    random: () => 0.5,
    tokenise: () => cardToken("0123456789abcdef"),
    news: () => undefined,
  };
  const setup = { terminal: T1, options, currency: currency("EUR"), timezone: "Europe/Berlin" };
  return withPlaceCounters(zvtDriver(setup, place, deps), place);
}

/** One sale, however it ends. */
async function sell(at: DeviceDriver, n: number): Promise<void> {
  try {
    await using session = await at.open(never);
    const order = {
      payment: paymentId(`p-${n}`),
      kind: "sale",
      amount: minorUnits(1_234),
      currency: currency("EUR"),
    } as const;
    await session.pay(order, () => undefined, never);
  } catch {
    // No session, no sale: on a noisy line that is what is being measured.
  }
}

/** A hunt with sales before and after the suspect was switched off. */
async function huntWith(switched: (cable: SwitchedCable) => void, seconds: number) {
  await using cable = await switchedCable(NOISE, 7);
  using terminal = new ZvtTerminal({ times: { answerMs: 1_000, ackMs: 250, againMs: 100 } });
  await using _ = await serveZvtPort(terminal, cable.far);
  const line = driverAt(cable.path);
  driver = line;
  let n = 0;
  const sales = async (): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      n += 1;
      await sell(line, n);
      await terminal.whenIdle();
      await clock.pass(1_000);
    }
  };
  await answered(await post("", { channel: "serial:till-1", suspect: "lift motor" }));
  await sales();
  switched(cable);
  await answered(await post("/1/changed", { state: "off" }));
  await sales();
  return await answered(await post("/1/end", {}));
}

describe("a hunt on a serial line", () => {
  test("says that it is better when the noise goes with the suspect, and the ledger says who did what", async () => {
    const hunt = await huntWith((cable) => cable.setRate(0), 30);
    expect(hunt.changes).toMatchObject([{ what: "lift motor", state: "off", result: "better", after: 0 }]);
    expect(hunt).toMatchObject({ ended: "asked", leftS: 0, verdicts: [{ result: "better", agreeing: 1 }] });
    expect(records.map(({ kind, body }) => ({ kind, ...body }))).toMatchObject([
      { kind: "link", event: "huntBegan", by: "technician-1", channel: "serial:till-1" },
      { event: "huntMarked", by: "technician-1", what: "lift motor", state: "off" },
      { event: "huntEnded", by: "technician-1", ended: "asked", verdicts: [{ result: "better" }] },
    ]);
  });

  test("never says better or worse when nothing changed", async () => {
    const hunt = await huntWith(() => undefined, 60);
    expect(hunt.segments).toHaveLength(2);
    // Two minutes of a noisy line may be too little to call two stretches alike.
    expect(["same", "cannotTell"]).toContain(hunt.verdicts[0]?.result);
    expect(hunt.changes[0]?.result).not.toBe("better");
  });
});

describe("/api/v1/hunts", () => {
  test("has one hunt at a time, which ends by itself after five minutes", async () => {
    driver = driverAt("/dev/null");
    expect((await post("", { channel: "serial:till-1" })).status).toBe(201);
    expect(await problemOf(await post("", { channel: "serial:till-1" }))).toEqual({
      type: "huntRuns",
      status: 409,
      reasons: ["/api/v1/hunts/1"],
    });
    await clock.pass(302_000);
    await turn();
    const { hunts } = huntsAnswer.parse(await (await fetch(url)).json());
    expect(hunts).toMatchObject([{ id: 1, ended: "timeUp", leftS: 0, changes: [], verdicts: [] }]);
    expect(await problemOf(await post("/1/changed", { what: "lamp", state: "off" }))).toMatchObject({
      type: "huntEnded",
    });
    expect((await post("", { channel: "serial:till-1" })).status).toBe(201);
  });

  test("names the channels that there are, and what is wrong with a question", async () => {
    driver = driverAt("/dev/null");
    expect(await problemOf(await post("", { channel: "wifi:none" }))).toEqual({
      type: "noSuchChannel",
      status: 404,
      reasons: ["serial:till-1"],
    });
    expect(await problemOf(await post("", { channel: "serial:till-1" }, "till"))).toMatchObject({ status: 403 });
    expect(await problemOf(await post("", { channel: 7 }))).toMatchObject({ type: "badBody", status: 400 });
    expect(await problemOf(await post("/9/end", {}))).toMatchObject({ type: "noSuchHunt", status: 404 });
    await post("", { channel: "serial:till-1" });
    expect(await problemOf(await post("/1/changed", { state: "off" }))).toMatchObject({ type: "badBody" });
    expect(records).toHaveLength(1);
  });
});
