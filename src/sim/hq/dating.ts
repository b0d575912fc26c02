import type Database from "better-sqlite3";
import { envelopeSchema } from "../../contract/envelope.ts";
import { instant, type Moment } from "../../domain/clock.ts";
import { clockRecordOf } from "../../domain/clock-record.ts";
import type { Envelope } from "../../domain/record.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import { BootTimes, type Dated } from "../../domain/redate.ts";

interface UndatedRow {
  readonly stream: string;
  readonly seq: number;
  readonly envelope: string;
}

/** When records really happened: those of a boot whose clock was wrong at first are dated anew once it was set. */
export class Dating {
  readonly #boots = new Map<string, BootTimes>();
  readonly #undated: Database.Statement<[string], UndatedRow>;
  readonly #date: Database.Statement<[string, string, string, number]>;

  constructor(db: Database.Database) {
    this.#undated = db.prepare(
      "SELECT stream, seq, envelope FROM record WHERE date_basis = 'unknown' AND boot = ? ORDER BY stream, seq",
    );
    this.#date = db.prepare("UPDATE record SET dated_at = ?, date_basis = ? WHERE stream = ? AND seq = ?");
    const clocks = db.prepare<[], string>("SELECT envelope FROM record WHERE kind = 'clock'").pluck();
    for (const text of clocks.iterate()) this.#take(stampOf(text));
  }

  dated(envelope: Stamped): Dated {
    return this.#timesOf(envelope).dated(momentOf(envelope));
  }

  /** Takes a record that was just stored: a `clock` record dates all those of its boot that nobody could date before. */
  stored(envelope: Envelope): void {
    if (!this.#take(envelope)) return;
    for (const { stream, seq, envelope: text } of this.#undated.all(envelope.clock.bootId)) {
      const { at, basis } = this.dated(stampOf(text));
      this.#date.run(rfc3339(at), basis, stream, seq);
    }
  }

  #take(envelope: Stamped): boolean {
    const record = clockRecordOf(envelope);
    if (record === undefined) return false;
    this.#timesOf(envelope).take(momentOf(envelope), record);
    return true;
  }

  /** A boot id is one machine's: nothing else tells gateways apart here. */
  #timesOf({ clock: { bootId } }: Stamped): BootTimes {
    const known = this.#boots.get(bootId) ?? new BootTimes();
    this.#boots.set(bootId, known);
    return known;
  }
}

type Stamped = Pick<Envelope, "at" | "clock" | "kind" | "body">;

function stampOf(text: string): Stamped {
  return envelopeSchema.parse(JSON.parse(text));
}

function momentOf({ at, clock }: Stamped): Moment {
  return { at: instant(Date.parse(at)), clock };
}
