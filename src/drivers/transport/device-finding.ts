/** One thing that `tillgate check` looked at: a device or its port. */
export interface DeviceFinding {
  readonly level: "ok" | "warning" | "error";
  readonly what: string;
  readonly found: string;
  /** What to do; `nothing` where all is well. */
  readonly remedy: string;
}
