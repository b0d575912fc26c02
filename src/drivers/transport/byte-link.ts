import type { DeviceError } from "../../domain/device.ts";

/** An open pipe of bytes to one terminal. Single use: when it has ended, open another. */
export interface ByteLink extends AsyncDisposable {
  /**
   * Resolves when the kernel has taken the bytes: that says nothing of the terminal.
   *
   * @throws DeviceError `linkLost` when the link has ended or does not take them in time.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Settles, never rejects, once no more bytes will come. */
  readonly ended: Promise<DeviceError>;
}

/** Where a terminal is plugged in, or listens. */
export interface LinkPlace {
  /** For people, e.g. `/dev/serial/by-id/usb-…` or `192.168.1.50:20007`. */
  readonly name: string;
  readonly kind: "serial" | "tcp";
  /**
   * @param onBytes  Called with every chunk, in order, from the moment it is open. The chunk is the callee's.
   * @param signal  For the opening alone: an open link lives until it ends or is disposed of.
   * @throws The signal's reason. DeviceError `unreachable`, `absent`, `notPermitted`, `inUse` or `unavailable`; nothing is left open.
   */
  open(onBytes: (chunk: Uint8Array) => void, signal: AbortSignal): Promise<ByteLink>;
}
