import type { z } from "zod";
import type { exposureSchema } from "../contract/exposure.ts";
import type { diagnosisView } from "../contract/http.ts";
import type { linkSchema } from "../contract/link.ts";
import type { HealthNode } from "../domain/health.ts";
import type { RecordKind, Seq } from "../domain/record.ts";
import type { BootTimes } from "../domain/redate.ts";
import type { TerminalOnLine } from "../domain/line-view.ts";
import type { OperatorView } from "../domain/terminal.ts";
import type { Pulse } from "../runtime/liveness.ts";
import type { MetricReading } from "./metrics-catalogue.ts";

/** All that the endpoint shows comes from here; the composition root connects it. Nothing here changes anything. */
export interface Sources {
  /** Whether the daemon's own parts still answer. Nothing beyond this machine belongs here: see {@link Pulse}. */
  readonly pulses: readonly Pulse[];
  /** Why no sale can be made and recorded now, in words for a technician; empty when it can. */
  notReadyBecause(): readonly string[];
  health(): HealthNode;
  terminals(): readonly TerminalOnLine[];
  operators(): readonly OperatorView[];
  readonly ledger: LedgerPages;
  /** Money at risk, or why that is not known now, in words for a technician. */
  exposure(): z.input<typeof exposureSchema> | { readonly unknownBecause: string };
  /** The way out of the shop and where it is broken. */
  link(): z.input<typeof linkSchema>;
  /** What the clock records tell; `undefined` until they have been read. */
  bootTimes(): BootTimes | undefined;
  /** What a payment of the last day is diagnosed as, with words for staff; `undefined` where it needs none. */
  diagnosis(transaction: string): z.input<typeof diagnosisView> | undefined;
  metrics(): readonly MetricReading[];
}

/** The ledger as the reader thread gives it. */
export interface LedgerPages {
  /** Seq of the newest record that can be read; 0 when there is none. */
  head(): Seq | Promise<Seq>;
  /** Seq of the oldest record: those before it were freed. */
  first(): Seq;
  /**
   * Records from `from` on, oldest first: at least one while `from` is not beyond the head, at most `limit`. None when the
   * record at `from` has been freed meanwhile.
   *
   * @param limit  1..500.
   */
  page(from: Seq, limit: number): Promise<readonly StoredRecord[]>;
}

export interface StoredRecord {
  readonly seq: Seq;
  readonly kind: RecordKind;
  /** Canonical JSON in UTF-8. */
  readonly envelope: Buffer;
}
