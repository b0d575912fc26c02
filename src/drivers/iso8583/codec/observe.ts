import type { CardToken } from "../../../domain/card.ts";
import { blankDraft } from "./draft.ts";
import { indexFields, type StopReason } from "./field-index.ts";
import { fieldsOffset, mtiOffset } from "./framing.ts";
import { headOf } from "./head.ts";
import { endFault } from "./message-end.ts";
import type { Framing, Observation } from "./observation.ts";
import { readCard } from "./observed-card.ts";
import { readCurrency, readParties, readTransaction } from "./observed-fields.ts";
import { readAdditional, readMessageType, readOriginal, readTexts } from "./observed-private.ts";

const NO_MTI = "0000";

/**
 * What the ledger needs of one message, read straight from its bytes; the only way from a message to the rest of
 * tillgate. Numbers and texts that it does not need are stepped over, so faults inside them do not show here.
 *
 * Never throws, whatever the bytes: a message that cannot be read to its end says where it stopped, and an MTI that
 * cannot be read at all is `0000`.
 *
 * @param frame  One whole frame, length bytes included. Nothing in the result refers to it.
 * @param tokenise  Called at most once, with the card number's decimal digits. Left out where nobody counts cards: it is half the work.
 */
export function observe(frame: Uint8Array, framing: Framing, tokenise?: (panDigits: string) => CardToken): Observation {
  const mtiAt = mtiOffset(framing);
  const bitmap = mtiAt + 2;
  if (frame.length < fieldsOffset(framing)) return unread(frame.length < bitmap ? 0 : 1, frame.length, "truncated");
  const { mti, tpdu } = headOf(frame, framing);
  if (mti === "") return unread(0, mtiAt, "badDigit");
  const index = indexFields(frame, bitmap);
  const out = blankDraft(mti, index.announced);
  if (tpdu !== undefined) out.tpdu = tpdu;
  // In ascending order of fields: a reader that finds digits which are none ends the message for those after it.
  readTransaction(out, frame, index);
  readParties(out, frame, index);
  readAdditional(out, frame, index);
  readCurrency(out, frame, index);
  readMessageType(out, frame, index);
  readOriginal(out, frame, index);
  readTexts(out, frame, index);
  readCard(out, frame, index, tokenise);
  const error = index.error ?? endFault(frame, framing, index);
  if (error !== undefined) out.error = error;
  return out;
}

function unread(de: number, offset: number, reason: StopReason): Observation {
  const error = { de, offset, reason };
  return { mti: NO_MTI, cardPresent: false, pinPresent: false, macPresent: false, fields: [], error };
}
