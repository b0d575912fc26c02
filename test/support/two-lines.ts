import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type ShopNamespace, shopNamespace } from "./shop-namespace.ts";

const run = promisify(execFile);

/** One of the shop's two lines. */
export interface ShopLine {
  /** Its interface in the shop. */
  readonly interface: string;
  /** Pulls the cable out at the far end. */
  cut(): Promise<void>;
  /** Bytes that have come over it from the shop. */
  bytes(): Promise<number>;
}

/**
 * A shop with two ways out beside its own network: each a cable of its own, with policy routing, so that an address goes
 * out by its own interface. Broker and acquirer have an address that both lines lead to (`outside`).
 */
export interface TwoLineShop extends AsyncDisposable {
  readonly namespace: ShopNamespace;
  readonly lines: readonly [first: ShopLine, second: ShopLine];
}

async function ip(...args: string[]): Promise<string> {
  return (await run("ip", args)).stdout;
}

/** @throws the tool's own words when the machine does not allow it. */
export async function twoLineShop(): Promise<TwoLineShop> {
  await using undo = new AsyncDisposableStack();
  const lan = undo.use(await shopNamespace());
  const shop = lan.prefix.at(-1) ?? "";
  const id = shop.replace("tg-", "");
  // RFC 5737's range for documentation: a name for the far side that no line owns.
  const far = `192.0.2.${(process.pid % 250) + 1}`;
  await ip("addr", "add", `${far}/32`, "dev", "lo");
  undo.defer(async () => {
    await ip("addr", "del", `${far}/32`, "dev", "lo");
  });
  const line = async (number: number): Promise<ShopLine> => {
    const [ours, theirs] = [`tgp${number}o${id}`.slice(0, 15), `tgp${number}i${id}`.slice(0, 15)];
    const net = `198.19.${(process.pid * 2 + number) % 250}`;
    const table = String(100 + number);
    await ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", shop);
    await ip("addr", "add", `${net}.1/24`, "dev", ours);
    await ip("link", "set", ours, "up");
    await ip("-n", shop, "addr", "add", `${net}.2/24`, "dev", theirs);
    await ip("-n", shop, "link", "set", theirs, "up");
    // The two commands of decision 0017.
    await ip("-n", shop, "route", "add", "default", "via", `${net}.1`, "dev", theirs, "table", table);
    await ip("-n", shop, "rule", "add", "from", `${net}.2`, "table", table);
    return {
      interface: theirs,
      cut: async () => {
        await ip("link", "set", ours, "down");
      },
      bytes: async () => {
        const [, bytes = "0"] = /RX:[^\n]*\n\s*(\d+)/.exec(await ip("-s", "link", "show", ours)) ?? [];
        return Number(bytes);
      },
    };
  };
  const lines = [await line(1), await line(2)] as const;
  const opened = undo.move();
  return {
    namespace: { ...lan, outside: far },
    lines,
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]();
    },
  };
}
