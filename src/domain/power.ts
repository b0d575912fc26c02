/** Body of a `power` record: what befell the machine's supply. Travels in the alarm lane; the two frame an episode. */
export interface SupplyChanged {
  readonly event: "underVoltageBegan" | "underVoltageEnded";
  /** With `underVoltageEnded`: how long it was so, ms. */
  readonly lastedMs?: number;
  /** °C of the processor, where a sensor tells. */
  readonly temperatureC?: number;
}
