import type { HidHandle, HidListing, HidPort } from "../../src/drivers/hid/hid-port.ts";

/** USB with the devices that a test plugs in. */
export class FakeHid implements HidPort {
  readonly #plugged = new Map<string, HidListing>();
  readonly #open = new Map<string, { readonly onReport: (report: Uint8Array) => void; readonly break: () => void }>();
  /** What opening says, in the system's words. */
  refusal: string | undefined;
  /** What listing says. */
  listFailure: Error | undefined;
  featureReport: () => Promise<Uint8Array> = async () => new Uint8Array(24);

  plug(...listings: readonly HidListing[]): void {
    for (const listing of listings) this.#plugged.set(`${listing.path} ${listing.usage ?? 0}`, listing);
  }

  /** @param isTold  Whether reading fails, as it mostly does; else it is only missing from the list. */
  unplug(path: string, isTold: boolean): void {
    for (const [key, listing] of this.#plugged) if (listing.path === path) this.#plugged.delete(key);
    if (isTold) this.#open.get(path)?.break();
  }

  /** Paths that are open now. */
  get openPaths(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** @returns the very array that the driver was given, to be looked at afterwards. */
  send(path: string, report: Uint8Array): Uint8Array {
    const handle = this.#open.get(path);
    if (handle === undefined) throw new Error(`${path} is not open`);
    handle.onReport(report);
    return report;
  }

  async list(): Promise<readonly HidListing[]> {
    if (this.listFailure !== undefined) throw this.listFailure;
    return [...this.#plugged.values()];
  }

  async open(path: string, onReport: (report: Uint8Array) => void): Promise<HidHandle> {
    if (this.refusal !== undefined) throw new Error(this.refusal);
    const isThere = [...this.#plugged.values()].some((listing) => listing.path === path);
    if (!isThere) throw new Error(`cannot open device with path ${path}: No such file or directory`);
    const { promise: broken, resolve } = Promise.withResolvers<string>();
    this.#open.set(path, { onReport, break: () => resolve("could not read from HID device") });
    return {
      broken,
      featureReport: async () => this.featureReport(),
      [Symbol.asyncDispose]: async () => {
        this.#open.delete(path);
      },
    };
  }
}
