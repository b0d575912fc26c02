/** One collection of a HID device, as the system lists it. A device with several has one entry each. */
export interface HidListing {
  /** Device node, e.g. `/dev/hidraw0`. Not stable. */
  readonly path: string;
  readonly vendorId: number;
  readonly productId: number;
  /** USB serial number; many devices have none. */
  readonly serial?: string;
  readonly product?: string;
  /** HID usage tables: what the collection is for. */
  readonly usagePage?: number;
  readonly usage?: number;
}

/** An open device. */
export interface HidHandle extends AsyncDisposable {
  /** Settles, never rejects, with what the system says, once the device can no longer be read. */
  readonly broken: Promise<string>;
  /** Asks for a feature report. @param length  Bytes, without the report id. @throws what the system says. */
  featureReport(id: number, length: number): Promise<Uint8Array>;
}

/** All that this family sees of USB: the seam at which tests put devices that no build machine has. */
export interface HidPort {
  /** @throws DeviceError `unavailable` where the program part for HID cannot be loaded. */
  list(): Promise<readonly HidListing[]>;
  /**
   * @param onReport  Called with every input report, without its report id where it has none. The array is the callee's,
   * to be zeroed.
   * @throws what the system says.
   */
  open(path: string, onReport: (report: Uint8Array) => void): Promise<HidHandle>;
}
