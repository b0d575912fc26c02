/** Body of a `power` record: what befell the machine's supply. Travels in the alarm lane; the two frame an episode. */
export interface SupplyChanged {
  readonly event: "underVoltageBegan" | "underVoltageEnded";
  /** With `underVoltageEnded`: how long it was so, ms. */
  readonly lastedMs?: number;
  /** °C of the processor, where a sensor tells. */
  readonly temperatureC?: number;
}

/**
 * Why the machine was started anew. `powerLost`: it did not shut down. `restart`: it did. `watchdog`, `kernel`: what the
 * hardware's reset reason or the kernel's saved last words say.
 */
export type RebootCause = "powerLost" | "restart" | "watchdog" | "kernel";

/** Body of a `power` record too: the machine was started anew since tillgate ran last. */
export interface Rebooted {
  readonly event: "rebooted";
  readonly cause: RebootCause;
  /** What speaks for the cause, in words for a technician. */
  readonly evidence: readonly string[];
}
