import { DeviceError } from "../../domain/device.ts";
import { within } from "../transport/within.ts";
import type { HidHandle, HidListing, HidPort } from "./hid-port.ts";

/** The part of node-hid 3 that is used here. */
interface NodeHid {
  devicesAsync(): Promise<readonly NodeHidDevice[]>;
  readonly HIDAsync: { open(path: string): Promise<NodeHidHandle> };
}

interface NodeHidDevice {
  readonly path?: string | undefined;
  readonly vendorId: number;
  readonly productId: number;
  readonly serialNumber?: string | undefined;
  readonly product?: string | undefined;
  readonly usagePage?: number | undefined;
  readonly usage?: number | undefined;
}

interface NodeHidHandle {
  on(event: "data", listener: (report: Buffer) => void): unknown;
  on(event: "error", listener: (error: unknown) => void): unknown;
  getFeatureReport(id: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Brings node-hid when devices are looked for, not before: a machine that lacks it runs everything else. */
export type LoadNodeHid = () => Promise<NodeHid>;

/** ms. node-hid's reading thread looks every 50 ms whether it shall end. */
const CLOSE_WITHIN_MS = 2000;

async function loadNodeHid(): Promise<NodeHid> {
  const hid = await import("node-hid");
  // The module loads its binary with the first call only.
  hid.getHidapiVersion();
  return hid;
}

/** The devices of this machine. */
export function nodeHidPort(load: LoadNodeHid = loadNodeHid): HidPort {
  const loaded = async (): Promise<NodeHid> => {
    try {
      return await load();
    } catch (error) {
      throw unavailable(textOf(error));
    }
  };
  return {
    list: async () => (await (await loaded()).devicesAsync()).flatMap(listingOf),
    open: async (path, onReport) => {
      const { HIDAsync } = await loaded();
      return handleOf(await HIDAsync.open(path), onReport);
    },
  };
}

function listingOf(device: NodeHidDevice): readonly HidListing[] {
  const { path, vendorId, productId, serialNumber = "", product = "", usagePage, usage } = device;
  if (path === undefined) return [];
  return [
    {
      path,
      vendorId,
      productId,
      ...(serialNumber === "" ? {} : { serial: serialNumber }),
      ...(product === "" ? {} : { product }),
      ...(usagePage === undefined ? {} : { usagePage }),
      ...(usage === undefined ? {} : { usage }),
    },
  ];
}

function handleOf(device: NodeHidHandle, onReport: (report: Uint8Array) => void): HidHandle {
  const { promise: broken, resolve } = Promise.withResolvers<string>();
  device.on("error", (error) => resolve(textOf(error)));
  device.on("data", onReport);
  return {
    broken,
    featureReport: async (id, length) => {
      // Request and answer carry the report id in their first byte (hidapi.h, hid_get_feature_report).
      const report = await device.getFeatureReport(id, length + 1);
      return report.subarray(1);
    },
    [Symbol.asyncDispose]: async () => {
      // Of a device that was pulled out closing may fail or hang; its thread ends by itself.
      await within(CLOSE_WITHIN_MS, device.close()).catch(textOf);
    },
  };
}

function unavailable(found: string): DeviceError {
  const [first = ""] = found.split("\n");
  const library = /lib(usb|udev)[^:\s]*/.exec(first)?.[0];
  const { en, zh } =
    library === undefined
      ? {
          en: "install tillgate with its optional packages (npm ci, without --omit=optional); node-hid has binaries for Linux x64 and arm64 with glibc and x64 with musl",
          zh: "请连同可选软件包一起安装 tillgate（npm ci，不要加 --omit=optional）；node-hid 仅提供 Linux x64、arm64（glibc）和 x64（musl）的二进制文件",
        }
      : {
          en: `install the system library ${library} (Debian: apt install libusb-1.0-0 libudev1)`,
          zh: `请安装系统库 ${library}（Debian：apt install libusb-1.0-0 libudev1）`,
        };
  const message = `USB HID is switched off: node-hid cannot be loaded here: ${first}. Do: ${en}. 处理：${zh}。`;
  return new DeviceError("unavailable", message, { found: first, remedy: en });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
