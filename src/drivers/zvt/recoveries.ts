import type { DeviceRecovery } from "../../domain/device.ts";
import { abortCommand, diagnosis, initialisation, logOff, repeatReceipt, setDateTime } from "./codec/commands.ts";
import { assertNever } from "../../domain/assert-never.ts";
import type { CommandPlan } from "./machine/command-machine.ts";
import { registrationOf } from "./registration.ts";
import type { SessionParts } from "./session-parts.ts";
import { passwordOf, type ZvtSetup } from "./setup.ts";
import { shopTime } from "./shop-clock.ts";

/** What is sent for a recovery. None moves money, and none is the terminal's own reset (06 18) or self-test (06 79). */
export function recoveryPlans(
  step: DeviceRecovery,
  { setup, clock }: Pick<SessionParts, "setup" | "clock">,
): readonly CommandPlan[] {
  const password = passwordOf(setup);
  switch (step) {
    case "initialise":
      return [{ apdu: initialisation(password), repeatable: true, completes: true }];
    case "setClock": {
      const { date, time } = shopTime(clock.now(), setup.timezone);
      return [{ apdu: setDateTime(password, date, time), repeatable: true, completes: true }];
    }
    case "diagnose":
      return [{ apdu: diagnosis(), repeatable: true, completes: true }];
    case "abort":
      return [{ apdu: abortCommand(), repeatable: true, completes: false }];
    case "reset":
      return [{ apdu: logOff(), repeatable: true, completes: false }, registrationOf(setup)];
    default:
      return assertNever(step);
  }
}

/** 06 20: the terminal's last result again. */
export function repeatReceiptPlan(setup: ZvtSetup): CommandPlan {
  return { apdu: repeatReceipt(passwordOf(setup)), repeatable: true, completes: true };
}
