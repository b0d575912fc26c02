import type { Words } from "../../domain/words.ts";
import type { ForecastInput } from "./forecast.ts";

/** Something that is to be expected, and that somebody can still do something about. */
export interface OutlookWarning {
  /** Of the node below `outlook`. */
  readonly node: string;
  readonly value: number;
  readonly unit: string;
  readonly reason: Words;
  readonly advice: Words;
}

export interface OutlookInput extends ForecastInput {
  /** Those that can sell, by name, as the config lists them. */
  readonly terminals: readonly string[];
}
