import { z } from "zod";
import { HUNT_DOUBTS, HUNT_RESULTS } from "../domain/hunt.ts";
import { wordsInTwo } from "./driven-terminal.ts";
import { words } from "./terminal-actions.ts";
import { timeWord } from "./words.ts";

const CHANNEL = "a channel as /api/v1/link names it, e.g. wifi:wlan0 or serial:T1";
const who = words(80).exactOptional();

/** Bodies of `POST /api/v1/hunts`, `…/{id}/changed` and `…/{id}/end`. `who`: a person for whom an admin acts. */
export const huntBodies = {
  begin: z.strictObject({
    channel: z.string({ error: CHANNEL }).min(1, { error: CHANNEL }).max(80, { error: CHANNEL }),
    suspect: words(80).exactOptional(),
    who,
  }),
  /** `what` may be left out where the hunt has a suspect. `state`: to which it was switched. */
  changed: z.strictObject({
    what: words(80).exactOptional(),
    state: z.enum(["off", "on"], { error: "off or on" }),
    who,
  }),
  end: z.strictObject({ who }),
};

const result = z.enum(HUNT_RESULTS);
const because = z.enum(HUNT_DOUBTS).exactOptional();
const state = z.enum(["off", "on"]);

/** See `HuntView`. */
const huntView = z.strictObject({
  id: z.int(),
  channel: z.string(),
  figure: z.strictObject({ figure: z.string(), unit: z.string(), worse: z.enum(["up", "down"]), step: z.number() }),
  by: z.string(),
  suspect: z.string().exactOptional(),
  beganAt: timeWord,
  now: z.number().exactOptional(),
  leftS: z.number(),
  ended: z.enum(["asked", "timeUp", "stopped"]).exactOptional(),
  segments: z
    .array(
      z.strictObject({
        fromS: z.number(),
        seconds: z.int(),
        gaps: z.int(),
        what: z.string().exactOptional(),
        state: state.exactOptional(),
        value: z.number().exactOptional(),
        load: z.number().exactOptional(),
      }),
    )
    .readonly(),
  changes: z
    .array(
      z.strictObject({
        what: z.string(),
        state,
        result,
        confidence: z.number(),
        before: z.number().exactOptional(),
        after: z.number().exactOptional(),
        because,
        moreSeconds: z.int().exactOptional(),
      }),
    )
    .readonly(),
  verdicts: z
    .array(
      z.strictObject({
        what: z.string(),
        result,
        confidence: z.number(),
        agreeing: z.int(),
        because,
        text: wordsInTwo,
        advice: wordsInTwo,
      }),
    )
    .readonly(),
});

/** Answer of `POST /api/v1/hunts` (201), of what is done to one, and of `GET /api/v1/hunts/{id}`. */
export const huntAnswer = z.strictObject({ asOf: timeWord, hunt: huntView });
/** Answer of `GET /api/v1/hunts`: the last ten since the daemon started, the newest first. */
export const huntsAnswer = z.strictObject({ asOf: timeWord, hunts: z.array(huntView).readonly() });
