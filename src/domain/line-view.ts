import type { InterferenceVerdict } from "./interference.ts";
import type { LineCounters } from "./line-counters.ts";
import type { TerminalView } from "./terminal.ts";

/** What came and went in some span of time. */
export interface LineCounts extends Readonly<LineCounters> {
  /** Times that the link went away. */
  readonly linksLost: number;
}

/** The hour of the week with the most spoilt frames, in the shop's time. */
export interface WorstHour {
  /** 1 is Monday, 7 is Sunday. */
  readonly weekday: number;
  /** 0..23. */
  readonly hour: number;
  /** Of the frames of this hour. 0..1. */
  readonly errorRate: number;
  /** How many times the median hour's rate; absent while that is 0 or too few hours are known. */
  readonly timesMedian?: number;
}

/** A terminal's serial line, as people see it. */
export interface LineView {
  readonly lastHour: LineCounts;
  /** The last 24 hours, or since start where that is less. */
  readonly lastDay: LineCounts;
  /** Spoilt among all frames that came in the last hour, 0..1. Absent when none came. */
  readonly frameErrorRate?: number;
  /** Since start. Absent while no frame was spoilt. */
  readonly worstHour?: WorstHour;
  /** Absent while nothing is wrong. */
  readonly verdict?: InterferenceVerdict;
}

/** A terminal, with its line where that is a serial one. */
export interface TerminalOnLine extends TerminalView {
  readonly line?: LineView;
}
