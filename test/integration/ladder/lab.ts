import type { ChildProcess } from "node:child_process";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { findMosquitto } from "../../../src/sim/hq/mosquitto.ts";
import { type Certificate, type CertificateAuthority, certificateAuthority } from "../../support/certificates.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { ADDRESSES, end, type Host, LabNetwork } from "./lab-network.ts";

const run = promisify(execFile);

/** How many times faster than in the field the gateway judges. */
export const SPEED = 4;
const NODE = ["--disable-warning=ExperimentalWarning"];
const HQ_NAME = "hq.lab.test";
const MQTT_PORT = 8883;
const ACQUIRER_PORT = 9000;
const RELAY_PORT = 9100;

/** What the gateway says of its line. */
export interface LinkWord {
  /** A fault's stable word, or `none`. */
  readonly fault: string;
  /** ms, of this process's clock: when it was heard. */
  readonly at: number;
}

/** A shop with everything around it, on hosts of its own, and what can be done to them. */
export class Lab implements AsyncDisposable {
  readonly network: LabNetwork;
  readonly #dir: TempDir;
  readonly #authority: CertificateAuthority;
  readonly #children = new Map<string, ChildProcess>();
  readonly #words: LinkWord[] = [];
  readonly #heard = new Set<() => void>();
  #internetSays: Interface | undefined;

  private constructor(network: LabNetwork, dir: TempDir, authority: CertificateAuthority) {
    this.network = network;
    this.#dir = dir;
    this.#authority = authority;
  }

  static async open(): Promise<Lab> {
    const dir = await tempDir();
    await chmod(dir.path, 0o755);
    const lab = new Lab(await LabNetwork.build(), dir, await certificateAuthority(dir.path));
    try {
      await lab.#startInternet();
      await lab.startBroker();
      await lab.startAcquirer();
      await lab.startTerminal();
      await lab.#startGateway();
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
    return lab;
  }

  /** The newest. */
  get word(): LinkWord | undefined {
    return this.#words.at(-1);
  }

  /** Resolves with when this fault, or `none`, was the verdict; `undefined` when it was not within so many ms. */
  async hears(fault: string, withinMs: number): Promise<number | undefined> {
    const deadline = performance.now() + withinMs;
    while (this.word?.fault !== fault) {
      const left = deadline - performance.now();
      if (left <= 0) return undefined;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          this.#heard.delete(done);
          resolve();
        };
        const timer = setTimeout(done, left);
        this.#heard.add(done);
      });
    }
    return this.word.at;
  }

  async tellInternet(order: object): Promise<void> {
    const lines = this.#internetSays;
    if (lines === undefined) throw new Error("the internet is not up");
    const obeyed = once(lines, "line");
    this.#child("internet").stdin?.write(`${JSON.stringify(order)}\n`);
    await obeyed;
  }

  /** With a certificate and passwords of its own; takes the place of the one that runs. */
  async startBroker(certificate?: Certificate, password = "right"): Promise<void> {
    await this.stop("broker");
    const { cert, key } = certificate ?? (await this.certificate());
    const folder = this.#dir.file("broker");
    await mkdir(folder, { recursive: true });
    const passwords = join(folder, "passwords");
    await Promise.all([
      writeFile(join(folder, "cert.pem"), cert),
      writeFile(join(folder, "key.pem"), key),
      writeFile(passwords, `gateway:${password}\n`),
    ]);
    await run("mosquitto_passwd", ["-U", passwords]);
    const config = join(folder, "mosquitto.conf");
    await writeFile(
      config,
      [
        `listener ${MQTT_PORT} ${ADDRESSES.hq}`,
        `certfile ${join(folder, "cert.pem")}`,
        `keyfile ${join(folder, "key.pem")}`,
        `password_file ${passwords}`,
        "allow_anonymous false",
        "user root",
        "persistence false",
        "log_type none",
        "",
      ].join("\n"),
    );
    this.#children.set("broker", this.network.spawn("hq", findMosquitto() ?? "mosquitto", ["-c", config]));
    await this.#isListening("hq", MQTT_PORT);
  }

  async startAcquirer(): Promise<void> {
    await this.stop("acquirer");
    const main = join(import.meta.dirname, "../../../src/sim/main.ts");
    const args = ["acquirer", "--host", ADDRESSES.acquirer, "--port", String(ACQUIRER_PORT), "--quiet"];
    this.#children.set("acquirer", this.network.spawn("acquirer", process.execPath, [...NODE, main, ...args]));
    await this.#isListening("acquirer", ACQUIRER_PORT);
  }

  /** The one terminal that the gateway drives. */
  async startTerminal(): Promise<void> {
    await this.stop("terminal");
    const main = join(import.meta.dirname, "../../../src/sim/main.ts");
    this.#children.set(
      "terminal",
      this.network.spawn("shop", process.execPath, [...NODE, main, "zvt", "--listen", "127.0.0.1:20007"]),
    );
    await this.#isListening("shop", 20_007);
  }

  /** Sells so often through the relay; ends when the last has ended, well or not. */
  async sell(times: number): Promise<void> {
    const main = join(import.meta.dirname, "../../../src/sim/main.ts");
    const args = [
      "terminal",
      "--port",
      String(RELAY_PORT),
      "--sales",
      String(times),
      "--receive",
      "1",
      "--resends",
      "1",
    ];
    const child = this.network.spawn("shop", process.execPath, [...NODE, main, ...args, "--amount", "1.00"]);
    child.stdout?.resume();
    await once(child, "exit");
  }

  /** Fills the line from the shop outwards, until `upload` is stopped. */
  startUpload(): void {
    const code =
      `const s=require("net").connect(443,"${ADDRESSES.anchor}");s.on("error",()=>{});` +
      `const b=Buffer.alloc(65536);const f=()=>{while(s.write(b));s.once("drain",f)};s.on("connect",f)`;
    this.#children.set("upload", this.network.spawn("shop", process.execPath, ["-e", code]));
  }

  freeze(name: "broker" | "acquirer" | "terminal"): void {
    this.#child(name).kill("SIGSTOP");
  }

  thaw(name: "broker" | "acquirer" | "terminal"): void {
    this.#child(name).kill("SIGCONT");
  }

  async stop(name: string): Promise<void> {
    const child = this.#children.get(name);
    this.#children.delete(name);
    if (child !== undefined) await end(child);
  }

  async certificate(more: { readonly days?: number } = {}): Promise<Certificate> {
    return this.#authority.issue({ commonName: HQ_NAME, altNames: [`DNS:${HQ_NAME}`], ...more });
  }

  /** One that begins in ten days, by openssl under faketime(1). */
  async certificateOfTomorrow(): Promise<Certificate> {
    const ca = this.#dir.file("later");
    await mkdir(ca, { recursive: true });
    const self = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const files = ["-keyout", join(ca, "key"), "-out", join(ca, "cert")];
    const name = ["-subj", `/CN=${HQ_NAME}`, "-addext", `subjectAltName=DNS:${HQ_NAME}`, "-days", "30"];
    await run("faketime", ["-f", "+10d", "openssl", ...self, ...files, ...name]);
    const cert = await readFile(join(ca, "cert"), "utf8");
    return { cert, key: await readFile(join(ca, "key"), "utf8") };
  }

  async strangersCertificate(): Promise<Certificate> {
    const other = await certificateAuthority(this.#dir.path, "somebody else");
    return other.issue({ commonName: HQ_NAME, altNames: [`DNS:${HQ_NAME}`] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#children.keys()) await this.stop(name);
    await this.network[Symbol.asyncDispose]();
    await this.#dir[Symbol.asyncDispose]();
  }

  async #startInternet(): Promise<void> {
    const script = join(import.meta.dirname, "internet-child.ts");
    const child = this.network.spawn("internet", process.execPath, [...NODE, script]);
    this.#children.set("internet", child);
    if (child.stdout === null) throw new Error("no way to hear the internet");
    this.#internetSays = createInterface({ input: child.stdout });
    await once(this.#internetSays, "line");
  }

  async #startGateway(): Promise<void> {
    const [ca, password, store, file] = ["ca.pem", "password", "store", "tillgate.yaml"].map((name) =>
      this.#dir.file(name),
    );
    await writeFile(ca ?? "", this.#authority.cert);
    await writeFile(password ?? "", "right", { mode: 0o600 });
    await mkdir(store ?? "", { recursive: true });
    await writeFile(file ?? "", stringify(shopConfig({ ca, password, store })));
    const script = join(import.meta.dirname, "gateway-child.ts");
    const child = this.network.spawn("shop", process.execPath, [...NODE, script, file ?? "", String(SPEED)]);
    this.#children.set("gateway", child);
    if (child.stdout === null) throw new Error("no way to hear the gateway");
    createInterface({ input: child.stdout }).on("line", (line) => this.#hear(line));
    child.once("exit", () => this.#hear(JSON.stringify({ fault: "the gateway has ended" })));
  }

  #hear(line: string): void {
    const said: unknown = JSON.parse(line);
    const fault = typeof said === "object" && said !== null && "fault" in said ? String(said.fault) : "?";
    this.#words.push({ fault, at: performance.now() });
    for (const heard of this.#heard) heard();
  }

  async #isListening(host: Host, port: number): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      if ((await this.network.tool(host, "ss", "-Htln", `sport = :${port}`)).trim() !== "") return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`nobody listens on port ${port} of ${host}`);
  }

  #child(name: string): ChildProcess {
    const child = this.#children.get(name);
    if (child === undefined) throw new Error(`${name} does not run`);
    return child;
  }
}

function shopConfig(files: Readonly<Record<string, string | undefined>>): object {
  return {
    site: { tenant: "lab", site: "shop", gateway: "counter", currency: "EUR" },
    store: { directory: files["store"], allowVolatile: true, ballastMb: 0 },
    uplink: {
      url: `mqtts://${HQ_NAME}:${MQTT_PORT}`,
      username: "gateway",
      password: { file: files["password"] },
      tls: { ca: files["ca"] },
      keepaliveS: 5,
      connectTimeoutMs: 2_000,
      pubackDeadlineMs: 2_000,
    },
    http: { listen: "127.0.0.1:0" },
    link: {
      anchors: [`${ADDRESSES.anchor}:443`, `${ADDRESSES.otherAnchor}:443`],
      portalUrl: `http://${ADDRESSES.anchor}/204`,
      probeAcquirers: true,
    },
    acquirers: [
      {
        id: "unionpay",
        family: "iso8583",
        listen: `127.0.0.1:${RELAY_PORT}`,
        endpoints: [`${ADDRESSES.acquirer}:${ACQUIRER_PORT}`],
        connectTimeoutMs: 1_000,
      },
    ],
    terminals: [
      { id: "T1", acquirer: "unionpay", de41: "TG000001" },
      { id: "T2", family: "zvt", link: { tcp: "127.0.0.1:20007" } },
    ],
  };
}
