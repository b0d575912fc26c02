import type { TransactionKind } from "../../../domain/transaction.ts";
import type { Observation } from "./observation.ts";

/** What a message is for; the same for a request, its repeats and its answer. */
export type Classified = Family & {
  /** From the host to the terminal. */
  readonly isAnswer: boolean;
  /** MTI xxx1: the same request once more. */
  readonly repeat: boolean;
};

export type Family =
  | {
      readonly family: "financial";
      readonly kind: TransactionKind;
      /** The terminal sends a reversal when it gets no answer. */
      readonly reversible: boolean;
      /** The terminal repeats it until it gets an answer. */
      readonly repeated: boolean;
    }
  /** `kind`: of the transaction that is reversed, as far as the reversal tells. */
  | { readonly family: "reversal"; readonly kind: TransactionKind }
  | { readonly family: "signIn" }
  | { readonly family: "signOff" }
  | { readonly family: "echo" }
  | { readonly family: "parameterDownload" }
  | { readonly family: "statusUpload" }
  | { readonly family: "settlement" }
  | { readonly family: "batchDetail" }
  | { readonly family: "batchEnd"; readonly balanced: boolean }
  | { readonly family: "scriptNotice" }
  | { readonly family: "unknown" };

/** What a terminal does about a request that gets no answer (reference iso8583.md, 1.5 and 1.10). */
type Unanswered = "reversed" | "repeated" | "left";
type Row = readonly [TransactionKind, mti: string, de3: string, de25: string, messageType: string, Unanswered];

/** Reference iso8583.md, 1.5; bonus enquiries and e-cash refund from 1.6. Where DE25 alone tells rows apart, the first is the usual one. */
// oxfmt-ignore
const ROWS: readonly Row[] = [
  //kind               MTI     DE3       DE25  60.1  unanswered
  ["balance",          "0200", "310000", "00", "01", "left"],
  ["balance",          "0200", "310000", "65", "02", "left"],
  ["balance",          "0200", "310000", "65", "03", "left"],
  ["sale",             "0200", "000000", "00", "22", "reversed"],
  ["saleVoid",         "0200", "200000", "00", "23", "reversed"],
  ["refund",           "0220", "200000", "00", "25", "repeated"],
  ["preAuth",          "0100", "030000", "06", "10", "reversed"],
  ["preAuthAddOn",     "0100", "030000", "60", "10", "reversed"],
  ["preAuthVoid",      "0100", "200000", "06", "11", "reversed"],
  ["completion",       "0200", "000000", "06", "20", "reversed"],
  ["completionAdvice", "0220", "000000", "06", "24", "repeated"],
  ["completionVoid",   "0200", "200000", "06", "21", "reversed"],
  ["offlineSale",      "0220", "000000", "00", "30", "repeated"],
  ["adjustment",       "0220", "000000", "00", "32", "repeated"],
  ["adjustment",       "0220", "000000", "00", "34", "repeated"],
  ["offlineSale",      "0200", "000000", "00", "36", "repeated"],
  ["refund",           "0220", "200000", "00", "27", "repeated"],
];
const BY_MESSAGE_TYPE = Map.groupBy(ROWS, (row) => row[4]);
const BY_PROCESSING_CODE = Map.groupBy(ROWS, (row) => row[2]);

/** 60.1 of management messages: on a financial message it says nothing. */
const MANAGEMENT = "00";

/** DE60.3 (reference iso8583.md, 1.6): single, double, with track key, SM keys, bonus system. */
const SIGN_IN: ReadonlySet<string> = new Set(["001", "003", "004", "006", "401"]);
const SIGN_OFF = "002";
const ECHO = "301";
const INITIALISE = "101";
/** 36x parameters, 37x CA keys, 38x chip parameters, 39x block lists and the rest. */
const PARAMETERS = /^3[6-9]\d$/;
const END_BALANCED = "207";
const END_UNBALANCED = "202";

/** An odd third digit: 0110, 0210, 0230, 0330 and so on. */
export function isAnswer(mti: string): boolean {
  return (mti.charCodeAt(2) & 1) === 1;
}

/** 0220 and its answer 0230: told, not asked. */
function isAdvice(mti: string): boolean {
  return mti.charAt(2) === "2" || mti.charAt(2) === "3";
}

/** What a message is for: by DE60.1 and 60.3 where it has them, else by MTI, DE3 and DE25. */
export function classify(o: Observation): Classified {
  return { ...familyOf(o), isAnswer: isAnswer(o.mti), repeat: o.mti.endsWith("1") };
}

function familyOf(o: Observation): Family {
  switch (o.mti.slice(0, 2)) {
    case "01":
    case "02":
      return financial(o);
    case "03":
      return batchUpload(o.networkCode);
    case "04":
      return { family: "reversal", kind: rowFor(o, (row) => row[5] === "reversed")?.[0] ?? "other" };
    case "05":
      return { family: "settlement" };
    case "06":
      return { family: "scriptNotice" };
    case "08":
      return management(o);
    default:
      return { family: "unknown" };
  }
}

function financial(o: Observation): Family {
  const advice = isAdvice(o.mti);
  const row = rowFor(o, ([, mti]) => mti.startsWith(o.mti.slice(0, 2)) && isAdvice(mti) === advice);
  if (row === undefined) {
    // Kinds that we do not know are doubted like a sale when money moves with them.
    return { family: "financial", kind: "other", reversible: !advice && o.amount !== undefined, repeated: advice };
  }
  const [kind, , , , , unanswered] = row;
  return {
    family: "financial",
    kind,
    reversible: unanswered === "reversed" && !advice,
    repeated: unanswered === "repeated" || advice,
  };
}

/** `fits` chooses among rows with the same processing code when DE60 does not say. */
function rowFor(o: Observation, fits: (row: Row) => boolean): Row | undefined {
  const known = o.messageType !== undefined && o.messageType !== MANAGEMENT;
  const rows = known
    ? BY_MESSAGE_TYPE.get(o.messageType ?? "")
    : BY_PROCESSING_CODE.get(o.processingCode ?? "")?.filter(fits);
  return rows?.find((row) => row[3] === o.conditionCode) ?? rows?.[0];
}

function batchUpload(networkCode: string | undefined): Family {
  const balanced = networkCode === END_BALANCED;
  return balanced || networkCode === END_UNBALANCED ? { family: "batchEnd", balanced } : { family: "batchDetail" };
}

function management({ mti, networkCode }: Observation): Family {
  if (networkCode === undefined) return { family: "unknown" };
  if (networkCode === SIGN_OFF) return { family: "signOff" };
  if (networkCode === ECHO) return { family: "echo" };
  if (SIGN_IN.has(networkCode)) return { family: "signIn" };
  // What a terminal tells its host of itself by 0820 beside these: states, and slips (60.1 = 07).
  if (isAdvice(mti)) return { family: "statusUpload" };
  const parameters = networkCode === INITIALISE || PARAMETERS.test(networkCode);
  return { family: parameters ? "parameterDownload" : "unknown" };
}
