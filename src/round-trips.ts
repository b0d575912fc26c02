import { transactionRecordOf } from "./domain/transaction-history.ts";
import type { DriverDeps } from "./drivers/driver.ts";

/** How long acquirers take to answer, read off the records that drivers write, for one who listens. */
export class RoundTrips {
  #hear: (ms: number) => void = () => undefined;

  /** From now on `hear` gets each answered sale's round trip, in ms. */
  tell(hear: (ms: number) => void): void {
    this.#hear = hear;
  }

  /** A way into the ledger that is listened to. */
  through(record: DriverDeps["record"]): DriverDeps["record"] {
    return async (draft, canWait) => {
      const told = transactionRecordOf(draft);
      if (told?.event === "answered" && told.transaction.hostMs !== undefined) this.#hear(told.transaction.hostMs);
      return record(draft, canWait);
    };
  }
}
