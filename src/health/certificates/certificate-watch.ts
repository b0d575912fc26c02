import type { Clock } from "../../runtime/clock.ts";
import { isShutdown, type Task } from "../../runtime/task.ts";
import type { CertificateSight } from "./certificate-sight.ts";

/** A renewed file is taken within this. The files are small, and nothing else reads them. ms. */
const LOOK_EVERY_MS = 60_000;

/** Whose certificates are watched: one `tls` section with its files, and the peers that it was shown. */
export interface CertificateHolder {
  /** Reads the files anew. Never rejects for what is wrong with them. */
  look(): Promise<void>;
  sights(): readonly CertificateSight[];
}

/** Looks at all certificates' files once a minute. */
export class CertificateWatch implements Task {
  readonly name = "certificates";
  readonly #holders: readonly CertificateHolder[];
  readonly #clock: Clock;

  constructor(holders: readonly CertificateHolder[], clock: Clock) {
    this.#holders = holders;
    this.#clock = clock;
  }

  sights(): readonly CertificateSight[] {
    return this.#holders.flatMap((holder) => holder.sights());
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        for (const holder of this.#holders) await holder.look();
        await this.#clock.sleep(LOOK_EVERY_MS, signal);
      }
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
  }
}
