import { assertNever } from "../../../domain/assert-never.ts";
import type { FrameSpec } from "../codec/frame-spec.ts";
import type { EcrOptions } from "../options.ts";
import type { Dialect } from "./dialect.ts";
import { ecr17 } from "./ecr17.ts";
import { ecr17Frame, MIS_POS_FRAME, POSLINK_FRAME, TRANSBANK_FRAME } from "./frames.ts";
import { transbank } from "./transbank.ts";

/** One till protocol: its frames, and what is publicly known of its messages. */
export interface EcrProfile {
  readonly frame: FrameSpec;
  /** How often a message is sent again that was refused or, being a question, not confirmed. */
  readonly repeats: number;
  /** Absent where no public page gives the commands: then the terminal is listened to, and nothing is written. */
  readonly dialect?: Dialect;
}

export function profileOf(options: EcrOptions): EcrProfile {
  switch (options.profile) {
    case "transbank":
      // "debe reintentar el envío del requerimiento 2 veces": two repeats.
      return { frame: TRANSBANK_FRAME, repeats: 2, dialect: transbank };
    case "ecr17":
      // "Communication Protocol": repeated up to three times.
      return { frame: ecr17Frame(options.lrcOver), repeats: 3, dialect: ecr17(options) };
    case "misPos":
      return { frame: MIS_POS_FRAME, repeats: 0 };
    case "poslink":
      return { frame: POSLINK_FRAME, repeats: 0 };
    default:
      return assertNever(options.profile);
  }
}
