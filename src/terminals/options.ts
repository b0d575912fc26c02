import type { DeviceDriver, DeviceIdentity, DeviceNews } from "../domain/device.ts";
import type { TerminalId } from "../domain/terminal.ts";
import type { Schedule } from "./schedule/due.ts";

/** One terminal that tillgate drives, as the config has it. */
export interface TerminalOptions {
  readonly id: TerminalId;
  readonly family: string;
  /** Tills may ask for any terminal of a group. */
  readonly group?: string;
  /** It takes orders only where that one cannot be had. */
  readonly standbyFor?: TerminalId;
  /** Who is to answer. Without it, whoever answers first is remembered. */
  readonly expected?: DeviceIdentity;
  /** Seconds between two questions while nobody uses it; 0 asks none. 0..3600, default 10. */
  readonly heartbeatS?: number;
  /** Whether its end of day is done when it asks for it: moves money. Default false. */
  readonly autoSettle?: boolean;
  /** The config holds it back, for this reason; nobody else can end that. */
  readonly paused?: string;
  readonly schedule?: Schedule;
  /** What else the config says of it, for views. */
  readonly de41?: string;
  readonly merchant?: string;
  /** Called at the first opening and whenever the driver is to be made anew. May throw. */
  readonly makeDriver: (news: (news: DeviceNews) => void) => DeviceDriver;
}
