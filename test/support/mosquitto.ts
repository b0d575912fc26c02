import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findMosquitto, freePort, Mosquitto } from "../../src/sim/hq/mosquitto.ts";
import type { CertificateAuthority } from "./certificates.ts";

export interface TestBrokerOptions {
  /** A directory of the test's own. */
  readonly directory: string;
  /** Lines of mosquitto.conf(5) beside the usual ones. */
  readonly lines?: readonly string[];
}

/** A real mosquitto that keeps its port, its config and what it persisted from one life to the next. */
export class TestBroker implements AsyncDisposable {
  readonly #program: string;
  readonly #options: TestBrokerOptions;
  #mosquitto: Mosquitto;

  private constructor(program: string, options: TestBrokerOptions, mosquitto: Mosquitto) {
    this.#program = program;
    this.#options = options;
    this.#mosquitto = mosquitto;
  }

  static async start(options: TestBrokerOptions): Promise<TestBroker> {
    const program = findMosquitto();
    if (program === undefined) {
      throw new Error("these tests need a mosquitto: sh scripts/install-test-tools.sh, or apt-get install mosquitto");
    }
    return new TestBroker(program, options, await Mosquitto.start(program, options));
  }

  get port(): number {
    return this.#mosquitto.port;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async kill(): Promise<void> {
    await this.#mosquitto.kill();
  }

  /** Reads its access rules and passwords again (mosquitto(8), SIGHUP). */
  reload(): void {
    this.#mosquitto.reload();
  }

  async restart(): Promise<void> {
    await this.#mosquitto[Symbol.asyncDispose]();
    this.#mosquitto = await Mosquitto.start(this.#program, { ...this.#options, port: this.port });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mosquitto[Symbol.asyncDispose]();
  }
}

const run = promisify(execFile);

/** @returns lines that let in only this user. */
export async function passwordLines(directory: string, user: string, password: string): Promise<readonly string[]> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, "passwords");
  await run("mosquitto_passwd", ["-c", "-b", file, user, password]);
  return ["allow_anonymous false", `password_file ${file}`];
}

/**
 * A second listener that speaks TLS and wants a client certificate of the same authority.
 *
 * @returns its URL, and the lines to start the broker with.
 */
export async function tlsListener(directory: string, authority: CertificateAuthority) {
  const { cert, key } = await authority.issue({ commonName: "broker" });
  const files = { cafile: authority.cert, certfile: cert, keyfile: key };
  const lines: string[] = [];
  for (const [option, pem] of Object.entries(files)) {
    const file = join(directory, `broker-${option}.pem`);
    await writeFile(file, pem);
    lines.push(`${option} ${file}`);
  }
  const port = await freePort();
  const listener = [`listener ${port} 127.0.0.1`, ...lines, "require_certificate true"];
  return { url: `mqtts://127.0.0.1:${port}`, lines: listener };
}
