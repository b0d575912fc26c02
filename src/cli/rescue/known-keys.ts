import { open, readFile, rename } from "node:fs/promises";
import { z } from "zod";
import type { GatewayAddress } from "../../contract/topics.ts";
import { RescueError } from "../../rescue/rescue-error.ts";

const schema = z.record(z.string(), z.string());

/** Which key headquarters has seen of which gateway: a small JSON file. */
export class KnownKeys {
  readonly #file: string | undefined;
  readonly #keys: Record<string, string>;

  private constructor(file: string | undefined, keys: Record<string, string>) {
    this.#file = file;
    this.#keys = keys;
  }

  /** @param file  Absent: nothing is known, and nothing is kept. @throws RescueError `rescue.cannotRead`. */
  static async open(file: string | undefined): Promise<KnownKeys> {
    if (file === undefined) return new KnownKeys(undefined, {});
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return new KnownKeys(file, {});
      throw new RescueError("rescue.cannotRead", error instanceof Error ? error.message : String(error));
    }
    try {
      return new KnownKeys(file, schema.parse(JSON.parse(text)));
    } catch {
      throw new RescueError("rescue.cannotRead", `${file} is no list of gateways' keys`);
    }
  }

  of(gateway: GatewayAddress): string | undefined {
    return this.#keys[nameOf(gateway)];
  }

  /** After a power loss the file is the old one or the new one. */
  async remember(gateway: GatewayAddress, key: string): Promise<void> {
    if (this.#file === undefined || this.of(gateway) === key) return;
    this.#keys[nameOf(gateway)] = key;
    const next = `${this.#file}.new`;
    await using handle = await open(next, "w", 0o600);
    await handle.writeFile(`${JSON.stringify(this.#keys, null, 2)}\n`);
    await handle.sync();
    await rename(next, this.#file);
  }
}

export function nameOf({ tenant, site, gateway }: GatewayAddress): string {
  return `${tenant}/${site}/${gateway}`;
}
