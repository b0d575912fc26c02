import type { ChannelProbe, ChannelReport } from "../../../domain/interference.ts";
import type { TerminalId } from "../../../domain/terminal.ts";
import type { Words } from "../../../domain/words.ts";
import { keepFollowing, type KeepFollowing } from "../../../runtime/follow-tool.ts";
import { isShutdown } from "../../../runtime/task.ts";
import type { SysFiles } from "../../../runtime/sys-files.ts";
import { toolTrouble } from "../tool-trouble.ts";
import { parseKernelLine } from "./kernel-lines.ts";
import { KernelLog, NOT_HEARD } from "./kernel-log.ts";
import { udevReader } from "./udev-events.ts";
import { happened, looked, NEW_USB, type UsbBook } from "./usb-book.ts";
import { happenings } from "./usb-happening.ts";
import { judgeUsb } from "./usb-judge.ts";
import { deviceOfTty, readUsbTree, terminalsByDevice, type UsbTree } from "./usb-tree.ts";

export interface UsbProbeDeps extends KeepFollowing {
  readonly files: SysFiles;
  /** Whether the machine's supply is low; `undefined` where no sensor tells. */
  readonly lowSupply: () => boolean | undefined;
  /** Device nodes of the terminals' serial ports. */
  readonly ports: ReadonlyMap<TerminalId, string>;
}

const EVERY_MS = 15_000;
/** How often a machine without USB is asked whether it has come to have some. ms. */
const NO_USB_MS = 60_000;

/**
 * The USB devices of this machine: who comes and goes, as `udevadm monitor` tells it to everybody; whose port was switched
 * off, of `/sys`; and what the kernel says of it, where this user may read that.
 */
export class UsbProbe implements ChannelProbe {
  readonly kind = "usb";
  readonly everyMs = EVERY_MS;
  readonly #deps: UsbProbeDeps;
  readonly #kernel: KernelLog;
  #book: UsbBook = NEW_USB;
  #heardSince: number | undefined;
  #trouble: Words | undefined;

  constructor(deps: UsbProbeDeps) {
    this.#deps = deps;
    this.#kernel = new KernelLog(deps.files.path("/dev/kmsg"), deps, (message) => void this.#said(message));
  }

  async follow(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    try {
      while ((await readUsbTree(this.#deps.files)) === undefined) await clock.sleep(NO_USB_MS, signal);
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
      return;
    }
    await Promise.all([this.#followEvents(signal), this.#kernel.run(signal)]);
  }

  async look(): Promise<readonly ChannelReport[]> {
    const { files, clock, lowSupply, ports } = this.#deps;
    const [tree, uptime, terminals] = await Promise.all([
      readUsbTree(files),
      files.text("/proc/uptime"),
      terminalsByDevice(files, ports),
      this.#kernel.fetch(),
    ]);
    if (tree === undefined) return [];
    const at = clock.monotonicMs();
    const { lookedAt = at } = this.#book;
    // Only what was heard all the time since the last look was heard.
    const isSince = (since: number | undefined): boolean => since !== undefined && since <= lookedAt;
    const hearing = { events: isSince(this.#heardSince), kernel: isSince(this.#kernel.heardSince) };
    const seconds = Number.parseFloat(uptime ?? "");
    const low = lowSupply();
    this.#book = looked(this.#book, {
      at,
      tree,
      isHeard: hearing.events,
      ...(low === undefined ? {} : { lowSupply: low }),
      ...(Number.isNaN(seconds) ? {} : { uptimeMs: seconds * 1_000 }),
    });
    const unread = this.#unread();
    return this.#channels(tree).map((device) => {
      const terminal = terminals.get(device);
      return {
        channel: `usb:${device}`,
        kind: "usb",
        ...(terminal === undefined ? {} : { terminal }),
        ...judgeUsb(this.#book, device, hearing, lookedAt),
        ...(unread === undefined ? {} : { unread }),
      };
    });
  }

  /** Hubs are judged by what hangs on them. Who has gone is told of while the book knows of it. */
  #channels({ devices }: UsbTree): readonly string[] {
    const hubs = new Set(devices.filter(({ isHub }) => isHub).map(({ name }) => name));
    const names = new Set([...devices.map(({ name }) => name), ...Object.keys(this.#book.devices)]);
    return [...names].filter((name) => !hubs.has(name)).toSorted();
  }

  #unread(): Words | undefined {
    if (this.#heardSince === undefined) return this.#trouble;
    return this.#kernel.heardSince !== undefined ? undefined : NOT_HEARD;
  }

  async #followEvents(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    let read = udevReader();
    const happeningOf = happenings();
    await keepFollowing(
      {
        command: "udevadm",
        args: ["monitor", "--udev", "--kernel", "--subsystem-match=usb", "--property"],
        onStart: () => {
          read = udevReader();
        },
        onText: (text) => {
          // It says first that it listens.
          this.#heardSince ??= clock.monotonicMs();
          for (const event of read(text)) {
            const happening = happeningOf(event);
            if (happening !== undefined) this.#book = happened(this.#book, happening, clock.monotonicMs());
          }
        },
        onComplaint: () => undefined,
      },
      (end) => {
        this.#heardSince = undefined;
        this.#trouble = toolTrouble("udevadm", end);
      },
      this.#deps,
      signal,
    );
    this.#heardSince = undefined;
  }

  async #said(message: string): Promise<void> {
    const line = parseKernelLine(message);
    if (line === undefined) return;
    const { about, saying } = line;
    const device = about.startsWith("tty") ? await deviceOfTty(this.#deps.files, about) : about;
    if (device !== undefined)
      this.#book = happened(this.#book, { what: "said", device, saying }, this.#deps.clock.monotonicMs());
  }
}
