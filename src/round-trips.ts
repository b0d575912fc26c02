import type { AcquirerId } from "./domain/terminal.ts";
import { transactionRecordOf } from "./domain/transaction-history.ts";
import type { DriverDeps } from "./drivers/driver.ts";

/** How long acquirers take to answer, read off the records that drivers write, for one who listens. */
export class RoundTrips {
  #hear: (ms: number, acquirer: AcquirerId) => void = () => undefined;

  /** From now on `hear` gets each answered sale's round trip, in ms, and who answered it. */
  tell(hear: (ms: number, acquirer: AcquirerId) => void): void {
    this.#hear = hear;
  }

  /** A way into the ledger that is listened to. */
  through(record: DriverDeps["record"]): DriverDeps["record"] {
    return async (draft, canWait) => {
      const told = transactionRecordOf(draft);
      const { acquirer, hostMs } = told?.transaction ?? {};
      if (told?.event === "answered" && hostMs !== undefined && acquirer !== undefined) this.#hear(hostMs, acquirer);
      return record(draft, canWait);
    };
  }
}
