import { z } from "zod";
import { sessionWord } from "./words.ts";

/** On `echo`, QoS 1, not retained: the gateway that says it is the only one that hears it. */
export const echoSchema = z.object({
  session: sessionWord,
  /** Counts up from 1 within the session. */
  n: z.int().min(1),
});

export type Echo = z.output<typeof echoSchema>;
