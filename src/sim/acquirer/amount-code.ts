import type { Course } from "./course.ts";

/**
 * Amounts that say what the host shall do, for trials by hand: the yuan choose, the fen are the argument.
 * 7700.CC declines with code CC; 7701.SS answers after SS seconds; the others take no argument.
 */
export function codedCourse(amount: number): Partial<Course> | undefined {
  const argument = amount % 100;
  switch (Math.floor(amount / 100)) {
    case 7_700:
      return { code: String(argument).padStart(2, "0") };
    case 7_701:
      return { afterMs: argument * 1_000 };
    case 7_702:
      return { delivery: "silent" };
    case 7_703:
      return { delivery: "silent", booked: false };
    case 7_704:
      return { delivery: "twice" };
    case 7_705:
      return { delivery: "wrongTerminal" };
    case 7_706:
      return { delivery: "close" };
    case 7_707:
      return { delivery: "reset" };
    case 7_708:
      return { delivery: "midMessage" };
    case 7_709:
      return { mac: "wrong" };
    default:
      return undefined;
  }
}

/** For `--help`. */
export const AMOUNT_CODES = `Amounts that say what the host shall do (with --amount-coded):
  7700.CC  decline with code CC          7705.00  answer for another terminal
  7701.SS  answer after SS seconds       7706.00  close instead of answering
  7702.00  book it, never answer         7707.00  reset instead of answering
  7703.00  never see it, never answer    7708.00  close in the middle of the answer
  7704.00  answer twice                  7709.00  answer with a wrong MAC`;
