import type { RecordDraft, Seq } from "./domain/record.ts";
import { LedgerError } from "./queue/ledger-error.ts";

export interface RecordingFailure {
  readonly code: string;
  readonly remedy: string;
}

/** The one door into the ledger for drivers and watchers; remembers a refusal until an append succeeds again. */
export class Recorder {
  readonly #append: (draft: RecordDraft, canWait: boolean) => Promise<Seq>;
  #failure: RecordingFailure | undefined;

  constructor(append: (draft: RecordDraft, canWait: boolean) => Promise<Seq>) {
    this.#append = append;
  }

  /** Why the newest append failed; `undefined` when it did not. */
  get failure(): RecordingFailure | undefined {
    return this.#failure;
  }

  /** @throws LedgerError as the ledger does. */
  readonly record = async (draft: RecordDraft, canWait = false): Promise<Seq> => {
    try {
      const position = await this.#append(draft, canWait);
      this.#failure = undefined;
      return position;
    } catch (error) {
      this.#failure =
        error instanceof LedgerError
          ? { code: error.code, remedy: error.remedy }
          : { code: "store.failed", remedy: "Restart tillgate and read its journal." };
      throw error;
    }
  };
}
