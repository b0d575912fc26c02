/** Body of a `power` record. Travels in the alarm lane. */
export type PowerRecord = SupplyChanged | Rebooted;

/** What befell the machine's supply or its heat. `Began` and `Ended` frame an episode. */
export interface SupplyChanged {
  readonly event:
    | "underVoltageBegan"
    | "underVoltageEnded"
    | "throttlingBegan"
    | "throttlingEnded"
    | "onBattery"
    | "onMains";
  /** With `Ended`: how long it was so, ms. */
  readonly lastedMs?: number;
  /** °C, where a sensor tells. */
  readonly temperatureC?: number;
}

/**
 * Why the machine started anew. `powerLost`: it did not shut down. `restart`: it did. `watchdog`, `kernel`: what the
 * kernel's reset reason or its saved last words say.
 */
export type RebootCause = "powerLost" | "restart" | "watchdog" | "kernel" | "unknown";

/** The machine was started anew since tillgate ran last. */
export interface Rebooted {
  readonly event: "rebooted";
  readonly cause: RebootCause;
  /** What speaks for the cause, in words for a technician. */
  readonly evidence: readonly string[];
  /** Under-voltage had been seen within the minute before. */
  readonly afterUnderVoltage?: boolean;
}
