import type { Currency } from "../../domain/money.ts";
import type { TerminalId } from "../../domain/terminal.ts";
import type { Secret } from "../../runtime/secret.ts";
import { isZvtPassword } from "./password.ts";
import type { ZvtOptions } from "./options.ts";

/** One ZVT terminal: its options, and what they only name. */
export interface ZvtSetup {
  readonly terminal: TerminalId;
  readonly options: ZvtOptions;
  /** Read from `options.password`; six digits. */
  readonly password?: Secret | undefined;
  /** The shop's: what the terminal is registered for. */
  readonly currency: Currency;
  /** IANA name: the terminal's clock is set to the shop's time. */
  readonly timezone: string;
}

const FACTORY_PASSWORD = "000000";

/** @throws RangeError when the password is not six digits. */
export function passwordOf({ password }: ZvtSetup): string {
  if (password === undefined) return FACTORY_PASSWORD;
  if (!isZvtPassword(password)) throw new RangeError("the password of a ZVT terminal has six digits");
  return password.reveal();
}
