import type { Observation } from "./observation.ts";

/** An observation while it is being made. */
export type Draft = { -readonly [Key in keyof Observation]: Observation[Key] };

/** A class and not a literal: its instances have room for what is added, where a literal's would be moved three times. */
class Blank {
  readonly cardPresent: boolean = false;
  readonly pinPresent: boolean = false;
  readonly macPresent: boolean = false;
  readonly mti: string;
  readonly fields: readonly number[];

  constructor(mti: string, fields: readonly number[]) {
    this.mti = mti;
    this.fields = fields;
  }
}

export function blankDraft(mti: string, fields: readonly number[]): Draft {
  return new Blank(mti, fields);
}
