import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { main } from "../../../src/cli/program.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import type { Shop } from "../../support/shop.ts";
import { waitUntil } from "../../support/wait-until.ts";

/** Everything that passes at the broker, retained messages included, into a file of the shop, as anybody there could read it. */
export class MqttCapture implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #written: Promise<void>;

  private constructor(process: ChildProcess, written: Promise<void>) {
    this.#process = process;
    this.#written = written;
  }

  static async begin(shop: Shop): Promise<MqttCapture> {
    const args = [
      "-h",
      "127.0.0.1",
      "-p",
      String(shop.broker.port),
      "-q",
      "1",
      "-v",
      "-t",
      "#",
      "-t",
      "$SYS/broker/version",
    ];
    const child = spawn("mosquitto_sub", args, { stdio: ["ignore", "pipe", "inherit"] });
    let heard = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      heard += chunk.length;
    });
    const written = pipeline(child.stdout, createWriteStream(shop.file("mqtt.txt")));
    // $SYS is retained: it is heard when the subscription stands.
    await waitUntil("the capture runs", () => heard > 0);
    return new MqttCapture(child, written);
  }

  /** Ends it; the file is complete then. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await gone;
    await this.#written;
  }
}

/** What the local endpoint says to every question, and to hostile ones. */
export async function askEverything(shop: Shop, pan: string): Promise<void> {
  const paths = [
    ..."/livez /readyz /health /metrics / /api/v1/terminals /api/v1/exposure /api/v1/transactions?limit=200 /api/v1/openapi.json /nope".split(
      " ",
    ),
    `/api/v1/transactions?last4=${pan}`,
    `/api/v1/transactions?${pan}=1`,
    `/api/v1/transactions?last4=${pan.slice(-4)}&limit=200`,
    `/${pan}`,
    `/api/v1/terminals/${pan}/pause`,
  ];
  const answers: string[] = [];
  for (const path of paths) answers.push(await shop.get(path));
  await writeFile(shop.file("http.txt"), answers.join("\n"));
}

/** What every `tillgate journal` command writes. */
export async function readJournal(shop: Shop, records: number): Promise<void> {
  const directory = shop.file("journal");
  await mkdir(directory, { recursive: true });
  const output = new CapturedOutput();
  const journal = async (...args: readonly string[]): Promise<void> => {
    const code = await main(["journal", ...args, "--store", shop.store], output);
    if (code !== 0) throw new Error(`journal ${args.join(" ")}: ${output.complained.join("\n")}`);
  };
  await journal("verify");
  await journal("list", "--limit", "1000");
  for (let number = 1; number <= records; number += 1) await journal("show", String(number));
  for (const format of ["csv", "jsonl"]) {
    await journal("export", "--format", format, "-o", join(directory, `export.${format}`));
  }
  await writeFile(join(directory, "printed.txt"), [...output.printed, ...output.complained].join("\n"));
}
