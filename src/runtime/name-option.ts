import { z } from "zod";
import { isName } from "../domain/terminal.ts";

/** An option that holds a name which may stand in an MQTT topic. */
export const nameOption = z
  .string({ error: "letters, digits, '.', '_' and '-', at most 64, a letter or digit first" })
  .refine(isName);
