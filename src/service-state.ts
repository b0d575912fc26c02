import type { HealthNode } from "./domain/health.ts";

/** The health tree's summary as one sentence, for `systemctl status`. */
export function serviceState({ status, reason }: HealthNode): string {
  return reason === undefined ? status : `${status}: ${reason}`;
}
