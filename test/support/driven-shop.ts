import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { z } from "zod";
import { exposureSchema } from "../../src/contract/exposure.ts";
import { terminalsAnswer } from "../../src/contract/http.ts";
import { terminalStateSchema } from "../../src/contract/terminal-state.ts";
import { MEASURES } from "../../src/domain/exposure.ts";
import { LOCAL_TOKEN_FILE } from "../../src/local-token.ts";
import { type Daemon, launchDaemon } from "./daemon.ts";
import { TestBroker } from "./mosquitto.ts";
import { tempDir } from "./temp-dir.ts";
import { Till } from "./till.ts";
import { waitUntil } from "./wait-until.ts";

const run = promisify(execFile);
const TILL_TOKEN = "a-token-of-till-a-that-nobody-guesses";
/** ms. A daemon, a broker and a terminal share two processors with other tests. */
const PATIENT = { withinMs: 60_000 };

type TerminalOf = z.output<typeof terminalsAnswer>["terminals"][number];
type Retained = z.output<typeof terminalStateSchema>;

/** The daemon as a shop has it whose terminals tillgate talks to; none is relayed, and headquarters is away. */
export class DrivenShop implements AsyncDisposable {
  readonly till: Till;
  /** With the gateway's own token. */
  readonly boss: Till;
  readonly #stack: AsyncDisposableStack;
  readonly #broker: TestBroker;

  private constructor(stack: AsyncDisposableStack, broker: TestBroker, daemon: Daemon, localToken: string) {
    this.#stack = stack;
    this.#broker = broker;
    this.till = new Till(`http://${daemon.http}`, TILL_TOKEN);
    this.boss = new Till(`http://${daemon.http}`, localToken);
  }

  /** @param terminals  As the config has them. */
  static async open(terminals: readonly object[]): Promise<DrivenShop> {
    await using undo = new AsyncDisposableStack();
    const dir = undo.use(await tempDir("tillgate-driven-"));
    const broker = undo.use(await TestBroker.start({ directory: dir.file("broker") }));
    await writeFile(dir.file("till-a.token"), TILL_TOKEN, { mode: 0o600 });
    const config = {
      site: { tenant: "acme", site: "shop-1", gateway: "gw-1", currency: "EUR", timezone: "Europe/Berlin" },
      store: { directory: dir.file("store"), allowVolatile: true, ballastMb: 0 },
      uplink: { url: broker.url, keepaliveS: 5 },
      http: {
        listen: "127.0.0.1:0",
        tokens: [{ name: "till-a", role: "till", token: { file: dir.file("till-a.token") } }],
      },
      terminals,
    };
    await writeFile(dir.file("tillgate.yaml"), JSON.stringify(config));
    const daemon = await launchDaemon(dir.file("tillgate.yaml")).ready;
    undo.defer(async () => daemon.kill());
    const token = await readFile(`${dir.file("store")}/${LOCAL_TOKEN_FILE}`, "utf8");
    return new DrivenShop(undo.move(), broker, daemon, token);
  }

  async text(path: string): Promise<string> {
    return (await this.till.get(path)).text();
  }

  async ready(): Promise<void> {
    await waitUntil("a sale can be taken", async () => (await this.till.get("/readyz")).status === 200, PATIENT);
  }

  /** Waits until so much stands at risk: measure → terminal, currency, count and debit. */
  async risks(expected: object): Promise<void> {
    const wanted = JSON.stringify(expected);
    await waitUntil(`at risk is ${wanted}`, async () => JSON.stringify(await this.#atRisk()) === wanted, PATIENT);
  }

  /** The shop's only terminal. */
  async view(): Promise<TerminalOf> {
    const [only, ...others] = terminalsAnswer.parse(JSON.parse(await this.text("/api/v1/terminals"))).terminals;
    if (only === undefined || others.length > 0) throw new Error("the shop has one terminal");
    return only;
  }

  /** Waits until somebody who comes later finds that retained of a terminal. */
  async retained(terminal: string, what: string, isIt: (state: Retained) => boolean): Promise<Retained> {
    return waitUntil(
      `the broker holds ${what}`,
      async () => {
        const held = await this.#retained(terminal);
        return held !== undefined && isIt(held) ? held : undefined;
      },
      // What is no change of state goes out once a minute.
      { withinMs: 120_000, everyMs: 200 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }

  async #atRisk(): Promise<object> {
    const now = exposureSchema.parse(JSON.parse(await this.text("/api/v1/exposure")));
    const found: Record<string, readonly unknown[]> = {};
    for (const measure of MEASURES) {
      for (const { terminal, currency, count, debit } of now[measure].sums) {
        found[measure] = [terminal, currency, count, debit];
      }
    }
    return found;
  }

  async #retained(terminal: string): Promise<Retained | undefined> {
    const topic = `tillgate/v1/acme/shop-1/gw-1/terminals/${terminal}`;
    const { port } = this.#broker;
    const args = ["-h", "127.0.0.1", "-p", String(port), "-t", topic, "--retained-only", "-C", "1", "-W", "5"];
    const { stdout } = await run("mosquitto_sub", args).catch(() => ({ stdout: "" }));
    return stdout === "" ? undefined : terminalStateSchema.parse(JSON.parse(stdout));
  }
}
