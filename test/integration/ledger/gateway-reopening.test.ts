import { once } from "node:events";
import { connect, createServer } from "node:net";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { healthAnswer, terminalsAnswer } from "../../../src/contract/http.ts";
import type { HealthNode } from "../../../src/domain/health.ts";
import { acquirerId } from "../../../src/domain/terminal.ts";
import { seq } from "../../../src/domain/record.ts";
import { FAMILIES } from "../../../src/config-families.ts";
import { NO_SECRETS } from "../../../src/gateway-config.ts";
import { type RunningGateway, runGateway } from "../../../src/gateway.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { REFERENCE_FRAMES } from "../../support/reference-frames.ts";
import { RunningTask } from "../../support/running-task.ts";
import { shopConfig } from "../../support/shop-config.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { TILL } from "../../contract/ledger/a-ledger.ts";

const ACQUIRER = acquirerId("unionpay");

/** A whole gateway in this process, whose HQ is away. */
async function startGateway(
  store: string,
  acquirerPort: number,
): Promise<RunningGateway & { readonly task: RunningTask }> {
  const text = JSON.stringify(
    shopConfig({
      tenant: "acme",
      acquirer: ACQUIRER,
      store: { directory: store },
      broker: "127.0.0.1:1",
      relay: { listen: "127.0.0.1:0", endpoints: [`127.0.0.1:${acquirerPort}`] },
      terminals: [{ id: TILL, de41: "12345678" }],
    }),
  );
  const loaded = loadConfig(text, FAMILIES);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { config } = loaded;
  const ready = Promise.withResolvers<RunningGateway>();
  const deps = { clock: systemClock(), log: silentLog, version: "1", random: Math.random };
  const task = new RunningTask({
    name: "gateway",
    run: async (signal) => runGateway(config, NO_SECRETS, deps, signal, ready.resolve),
  });
  void task.failed().then((error) => ready.reject(error));
  return { ...(await ready.promise), task };
}

async function connections({ http }: RunningGateway): Promise<number> {
  const answer = await fetch(`http://${http.host}:${http.port}/api/v1/terminals`);
  const { terminals } = terminalsAnswer.parse(await answer.json());
  return terminals.reduce((sum, terminal) => sum + terminal.connections, 0);
}

async function storeHealth({ http }: RunningGateway): Promise<HealthNode> {
  const answer = await fetch(`http://${http.host}:${http.port}/health`);
  const { parts } = healthAnswer.parse(await answer.json());
  const store = parts?.find(({ name }) => name === "ledgerFile");
  if (store === undefined) throw new Error("health has no ledgerFile");
  return store;
}

it("a gateway whose ledger must begin a new stream ends itself once no terminal is connected, and the next one sells on", async () => {
  await using dir = await tempDir();
  const acquirer = createServer((line) => {
    line.on("error", () => undefined).on("end", () => line.destroy());
    line.resume();
  }).listen(0, "127.0.0.1");
  await once(acquirer, "listening");
  const address = acquirer.address();
  if (typeof address !== "object" || address === null) throw new Error("the acquirer has no port");
  const { port } = address;
  try {
    const gateway = await startGateway(dir.file("store"), port);
    const { ledger } = gateway;
    const terminal = connect(gateway.ports.get(ACQUIRER) ?? 0, "127.0.0.1");
    await once(terminal, "connect");
    terminal.write(REFERENCE_FRAMES.signIn);
    await waitUntil("the terminal is known", async () => (await connections(gateway)) > 0);
    await waitUntil("every record was looked at", () => ledger.integrity.state === "pass");
    expect(await storeHealth(gateway)).toMatchObject({ status: "pass" });

    await ledger.noteBehindHq(seq(ledger.durable + 100));
    const { status, reason } = await storeHealth(gateway);
    expect(status).toBe("warn");
    expect(reason).toContain("headquarters holds record");
    terminal.destroy();
    expect(String(await gateway.task.failed())).toContain("a part of the daemon failed");

    const again = await startGateway(dir.file("store"), port);
    expect(again.ledger.stream).not.toBe(ledger.stream);
    expect(again.ledger.openedAs.begun?.because).toBe("behindHq");
    await again.task.stop();
  } finally {
    acquirer.close();
  }
});

it("a gateway tells of a damaged ledger that was set aside until somebody has moved it away", async () => {
  await using dir = await tempDir();
  const first = await startGateway(dir.file("store"), 1);
  await first.task.stop();
  const db = new Database(dir.file("store/ledger.db"));
  db.exec("UPDATE record SET at = at + 1 WHERE seq = 1");
  db.close();
  const second = await startGateway(dir.file("store"), 1);
  await waitUntil("health tells of it", async () =>
    (await storeHealth(second)).reason?.includes("damaged ledger was set aside"),
  );
  await second.task.stop();
});
