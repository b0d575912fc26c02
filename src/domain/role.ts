export const ROLES = ["till", "staff", "supervisor", "technician", "admin", "auditor"] as const;
/** What somebody who asks tillgate for something may do; contracts.md, "Local HTTP". `admin` may everything. */
export type Role = (typeof ROLES)[number];

/** Somebody who asks: the name of the token that was shown. A till's name scopes its orders and its keys. */
export interface Asker {
  readonly name: string;
  readonly role: Role;
}

/** May sell back, decide what nobody knows, and sell again what could be sold already. */
export function isSupervisor({ role }: Asker): boolean {
  return role === "supervisor" || role === "admin";
}

/** Whether somebody may ask in a till's name: that till itself, and whoever acts for it. */
export function mayActFor(asker: Asker, till: string): boolean {
  return till === asker.name || isSupervisor(asker);
}
