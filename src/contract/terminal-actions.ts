import { z } from "zod";
import { TERMINAL_ACTIONS } from "../domain/action.ts";
import { instant } from "../domain/clock.ts";
import { isName, terminalId } from "../domain/terminal.ts";
import { wordsInTwo } from "./driven-terminal.ts";
import { timeWord } from "./words.ts";

/** Thirteen digits or more, in groups or not: it could be a card number, and what is said here stays in the ledger. */
const COULD_BE_CARD = /[0-9](?:[ -]?[0-9]){12,}/;

/** A text that a person writes and the ledger keeps. */
export function words(most: number) {
  const allowed = `1 to ${most} printable characters, never a card number`;
  return z
    .string({ error: allowed })
    .min(1, { error: allowed })
    .max(most, { error: allowed })
    .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text) && !COULD_BE_CARD.test(text), { error: allowed });
}

const TIME = "a time with its offset from UTC, e.g. 2026-01-31T18:00:00+08:00";
const rfc3339 = z.iso.datetime({ offset: true, error: TIME }).transform((text) => instant(Date.parse(text)));

const NAME = "a terminal's name as in the config";
const nameWord = z.string({ error: NAME }).refine(isName, { error: NAME }).transform(terminalId);

const ANSWERS = "the ids of steps, each with true or false; at most 50";
const orderer = {
  /** A person's name, for whom an admin acts. Without it the ledger names the token. */
  who: words(80).exactOptional(),
  reason: words(200),
};

/** Bodies of `POST /api/v1/terminals/{id}/{action}`. */
export const terminalActionBodies = {
  /** It ends by itself at `until`; without it, when somebody resumes it. */
  pause: z.strictObject({ ...orderer, until: rfc3339.exactOptional() }),
  /** `serial`: the number on the terminal, to confirm that another terminal than before is the right one. */
  resume: z.strictObject({ ...orderer, serial: words(64).exactOptional() }),
  selftest: z.strictObject({
    ...orderer,
    answers: z
      .record(z.string().max(64), z.boolean(), { error: ANSWERS })
      .refine((answers) => Object.keys(answers).length <= 50, { error: ANSWERS })
      .exactOptional(),
  }),
  settle: z.strictObject(orderer),
  diagnose: z.strictObject(orderer),
  replace: z.strictObject({ ...orderer, newTerminal: nameWord }),
};

/** What came of an action. Members that it does not have are absent. */
export const terminalActionResult = z.strictObject({
  /**
   * `paused`, `resumed`, `replaced`; settle: `settled`, `refused`, `failed`, or `unknown` when nobody knows whether the
   * terminal did it; diagnose: `passed`, `failed`; selftest: also `incomplete`, when a person has steps to answer.
   */
  outcome: z.string(),
  /** A stable word. */
  reason: z.string().exactOptional(),
  deviceCode: z.string().exactOptional(),
  /** What the terminal says that its batch held; minor units. */
  totals: z
    .array(z.strictObject({ card: z.string(), count: z.int().exactOptional(), amount: z.int() }))
    .readonly()
    .exactOptional(),
  currency: z.string().exactOptional(),
  /** Whether the ledger's own sums are the terminal's; absent where they cannot be compared. */
  ledgerAgrees: z.boolean().exactOptional(),
  /** How long the terminal's own trial of its host took. */
  hostMs: z.number().exactOptional(),
  steps: z
    .array(
      z.strictObject({
        id: z.string(),
        kind: z.enum(["status", "diagnosis", "presence", "person"]),
        text: wordsInTwo,
        result: z.enum(["passed", "failed", "open"]),
        reason: z.string().exactOptional(),
      }),
    )
    .readonly()
    .exactOptional(),
  /** What of the old terminal stays to be done under the new one's name. */
  carried: z
    .array(z.strictObject({ what: z.string(), count: z.int().min(1), note: wordsInTwo }))
    .readonly()
    .exactOptional(),
});

/**
 * Answer of `POST /api/v1/terminals/{id}/{action}`: 200 with `done`; 202 with `running` after 8 s, `GET` of
 * `/api/v1/terminals/{id}/action` then tells what became of it. `refused` only there.
 */
export const terminalActionAnswer = z.strictObject({
  asOf: timeWord,
  terminal: z.string(),
  action: z.enum(TERMINAL_ACTIONS),
  state: z.enum(["running", "done", "refused"]),
  result: terminalActionResult.exactOptional(),
  /** With `refused`: a stable word. */
  refused: z.string().exactOptional(),
});
