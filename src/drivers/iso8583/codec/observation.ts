import type { CardToken, MaskedCard } from "../../../domain/card.ts";
import type { Currency, MinorUnits } from "../../../domain/money.ts";
import type { SettlementTotals, SettlementVerdict } from "../../../domain/settlement.ts";
import type { EntryMode, OriginalReference } from "../../../domain/transaction.ts";

/** Where and why decoding stopped. Offsets count from the first byte of the frame, length bytes included. */
export interface DecodeError {
  /** Field number; 0 for the head (length, TPDU, header, MTI), 1 for the bitmap. */
  readonly de: number;
  readonly offset: number;
  /** A stable word, e.g. `truncated`, `badDigit`, `lengthOverMaximum`, `secondaryBitmap`, `unknownField`, `trailingBytes`. */
  readonly reason: string;
}

/** One line of a 0320 batch upload: DE48 carries a full card number there, of which only the mask comes out. */
export interface BatchDetail {
  readonly stan: string;
  readonly amount: MinorUnits;
  readonly card?: MaskedCard;
}

/**
 * All that the rest of tillgate may know of one ISO 8583 message: what the ledger needs, with card data already
 * reduced. Fields that the message lacks, or that came after a decode error, are absent.
 */
export interface Observation {
  /** Four digits; `0000`, which no message has, when they could not be read. */
  readonly mti: string;
  /** Ten digits; recorded, never validated: hosts differ in swapping it. */
  readonly tpdu?: string;
  /** DE3. */
  readonly processingCode?: string;
  /** DE4. */
  readonly amount?: MinorUnits;
  /** DE11. */
  readonly stan?: string;
  /** DE12 hhmmss and DE13 MMDD. */
  readonly time?: string;
  readonly date?: string;
  /** DE15 MMDD. */
  readonly settlementDate?: string;
  /** DE22. */
  readonly entryMode?: EntryMode;
  /** DE25. */
  readonly conditionCode?: string;
  /** DE37. */
  readonly rrn?: string;
  /** DE38; absent when blank. */
  readonly authCode?: string;
  /** DE39: the answer's code, or in a 0400 request the reversal's reason. */
  readonly responseCode?: string;
  /** DE41, DE42 with outer spaces removed. */
  readonly de41?: string;
  readonly de42?: string;
  /** DE49: letters where our table has them. */
  readonly currency?: Currency;
  /** DE49 as on the wire where it has not. */
  readonly currencyNumber?: string;
  /** From DE2, else from the track. */
  readonly card?: MaskedCard;
  readonly cardToken?: CardToken;
  /** A card number or track was there at all (S5: a pre-authorisation without one). */
  readonly cardPresent: boolean;
  readonly pinPresent: boolean;
  readonly macPresent: boolean;
  /** DE60.1 to 60.3. */
  readonly messageType?: string;
  readonly batch?: string;
  readonly networkCode?: string;
  /** DE61. */
  readonly original?: OriginalReference;
  /** DE63 of a sign-in request: operator number. */
  readonly operator?: string;
  /** DE63 texts of an answer, GBK decoded, card numbers removed. */
  readonly hostText?: string;
  /** DE48 of 0500 and 0510. */
  readonly totals?: { readonly domestic: SettlementTotals; readonly foreign: SettlementTotals };
  /** DE48 flags of 0510. */
  readonly verdict?: { readonly domestic: SettlementVerdict; readonly foreign: SettlementVerdict };
  /** DE48 of 0320 details. */
  readonly details?: readonly BatchDetail[];
  /** DE48 of a 0320 end message (60.3 = 202 or 207): how many were uploaded. */
  readonly uploadedCount?: number;
  /** Fields in the bitmap, ascending. */
  readonly fields: readonly number[];
  /** Set when the message could only be read so far. Everything above is what came before it. */
  readonly error?: DecodeError;
}

/** How one acquirer's messages are wrapped on TCP (reference iso8583.md, 1.1). */
export interface Framing {
  /** `be16`: two bytes, big-endian; `ascii4`: four ASCII digits. Both count what follows them. */
  readonly length: "be16" | "ascii4";
  /** Whether a TPDU of 5 bytes comes first. */
  readonly tpdu: boolean;
  /** Bytes of message header after the TPDU, 0..64. */
  readonly headerBytes: number;
  /** Longest frame that is kept for decoding, length bytes included; longer ones are relayed unread. 64..65,537. */
  readonly maxFrameBytes: number;
}
