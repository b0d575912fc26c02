import type { Language } from "./words.ts";

export interface SelftestOptions {
  /** In which the scratch directory is made. */
  readonly directory?: string;
  readonly config?: string;
  readonly lang: Language;
  readonly json?: boolean;
}
