import type { Conditions } from "../../sim/weather/conditions.ts";

/** The two lines out of the shop. */
export interface Lines {
  readonly hq: Conditions;
  readonly acquirer: Conditions;
}

export type ActName = "calm" | "hqDown" | "acquirerDown" | "shopDown" | "cablesOut" | "recovery";

/** One stretch of the play; `share` is its part of the whole time. A change of weather inside an act has no title of its own. */
export interface Scene {
  readonly act: ActName;
  readonly share: number;
  readonly lines: Lines;
  /** The links of the terminals that tillgate drives break, each in the middle of a sale, and are mended after the scene. */
  readonly breaksTerminals?: true;
}

const CLEAR = { kind: "clear" } as const;
/** Nothing gets through and nobody says so: the worst a line can do. */
const SILENT = { kind: "blackHole" } as const;
const CUT = { kind: "cut" } as const;

/**
 * Three outages, each first silent (questions stay open), then cut (new ones are refused), with calm in between; then the
 * terminals that tillgate drives lose their links.
 */
export const OUTAGE: readonly Scene[] = [
  { act: "calm", share: 0.1, lines: { hq: CLEAR, acquirer: CLEAR } },
  { act: "hqDown", share: 0.08, lines: { hq: SILENT, acquirer: CLEAR } },
  { act: "hqDown", share: 0.08, lines: { hq: CUT, acquirer: CLEAR } },
  { act: "recovery", share: 0.08, lines: { hq: CLEAR, acquirer: CLEAR } },
  { act: "acquirerDown", share: 0.09, lines: { hq: CLEAR, acquirer: SILENT } },
  { act: "acquirerDown", share: 0.07, lines: { hq: CLEAR, acquirer: CUT } },
  { act: "recovery", share: 0.1, lines: { hq: CLEAR, acquirer: CLEAR } },
  { act: "shopDown", share: 0.07, lines: { hq: SILENT, acquirer: SILENT } },
  { act: "shopDown", share: 0.07, lines: { hq: CUT, acquirer: CUT } },
  { act: "recovery", share: 0.08, lines: { hq: CLEAR, acquirer: CLEAR } },
  { act: "cablesOut", share: 0.08, lines: { hq: CLEAR, acquirer: CLEAR }, breaksTerminals: true },
  { act: "recovery", share: 0.1, lines: { hq: CLEAR, acquirer: CLEAR } },
];

export const CALM: readonly Scene[] = [{ act: "calm", share: 1, lines: { hq: CLEAR, acquirer: CLEAR } }];
