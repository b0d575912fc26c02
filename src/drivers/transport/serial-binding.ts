/** An open port, as `@serialport/bindings-cpp` gives it. Rejected promises carry text, not codes. */
export interface SerialHandle {
  /** Rejects when the port is closed or hung up. */
  read(into: Buffer, offset: number, length: number): Promise<{ readonly bytesRead: number }>;
  /** Resolves when the kernel has taken all of it. Pending for ever where the device takes nothing. */
  write(bytes: Buffer): Promise<void>;
  /** tcdrain(3): blocks a thread until the device has taken what the kernel holds. */
  drain(): Promise<void>;
  /** tcflush(3): throws away what the kernel holds, which also ends a drain. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** How bytes are put on the line. */
export interface SerialSettings {
  /** Bits a second, 50..4000000. */
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
  /** Hardware flow control. */
  readonly rtscts: boolean;
}

export interface SerialBinding {
  open(
    options: SerialSettings & { readonly path: string; readonly lock: boolean; readonly hupcl: boolean },
  ): Promise<SerialHandle>;
}

/** Brings the native part when a port is opened, not before: a machine that lacks it runs everything else. */
export type LoadSerialBinding = () => Promise<SerialBinding>;

/** @throws whatever the loader of the native part says where there is none for this machine. */
export async function loadSerialBinding(): Promise<SerialBinding> {
  const { autoDetect } = await import("@serialport/bindings-cpp");
  return autoDetect();
}
