import { assertNever } from "../../../domain/assert-never.ts";
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

/** Reference iso8583.md, 1.5; e-cash refund from 1.6. Where DE25 alone tells rows apart, the first is the usual one. */
// oxfmt-ignore
const ROWS: readonly Row[] = [
  //kind               MTI     DE3       DE25  60.1  unanswered
  ["balance",          "0200", "310000", "00", "01", "left"],
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

const REQUESTS = ["0100", "0200", "0220", "0320", "0400", "0420", "0500", "0620", "0800", "0820"] as const;
type Request = (typeof REQUESTS)[number];

/** Request, its repeat (last digit 1) and the answers to both (third digit one more) to the request. */
const REQUEST_OF: ReadonlyMap<string, Request> = new Map(
  REQUESTS.flatMap((mti) => {
    const answer = mti.slice(0, 2) + String(Number(mti.slice(2, 3)) + 1);
    return [mti, `${mti.slice(0, 3)}1`, `${answer}0`, `${answer}1`].map((each): [string, Request] => [each, mti]);
  }),
);

/** An odd third digit: 0110, 0210, 0230, 0330 and so on. */
export function isAnswer(mti: string): boolean {
  return (mti.charCodeAt(2) & 1) === 1;
}

/** What a message is for: by DE60.1 and 60.3 where it has them, else by MTI, DE3 and DE25. */
export function classify(o: Observation): Classified {
  const request = REQUEST_OF.get(o.mti);
  const family: Family = request === undefined ? { family: "unknown" } : familyOf(request, o);
  return { ...family, isAnswer: isAnswer(o.mti), repeat: o.mti.endsWith("1") };
}

function familyOf(request: Request, o: Observation): Family {
  switch (request) {
    case "0100":
    case "0200":
    case "0220":
      return financial(request, o);
    case "0320":
      return batchUpload(o.networkCode);
    case "0400":
    case "0420":
      return { family: "reversal", kind: rowFor(o, (row) => row[5] === "reversed")?.[0] ?? "other" };
    case "0500":
      return { family: "settlement" };
    case "0620":
      return { family: "scriptNotice" };
    case "0800":
    case "0820":
      return management(request, o.networkCode);
    default:
      return assertNever(request);
  }
}

function financial(request: Request, o: Observation): Family {
  const row = rowFor(o, ([, mti]) => mti === request);
  if (row === undefined) {
    // Kinds that we do not know are doubted like a sale when money moves with them.
    const moves = request !== "0220" && o.amount !== undefined;
    return { family: "financial", kind: "other", reversible: moves, repeated: request === "0220" };
  }
  const [kind, , , , , unanswered] = row;
  return {
    family: "financial",
    kind,
    reversible: unanswered === "reversed" && request !== "0220",
    repeated: unanswered === "repeated" || request === "0220",
  };
}

/** `candidate` chooses among rows with the same processing code when DE60 does not say. */
function rowFor(o: Observation, candidate: (row: Row) => boolean): Row | undefined {
  const known = o.messageType !== undefined && o.messageType !== MANAGEMENT;
  const rows = known
    ? BY_MESSAGE_TYPE.get(o.messageType ?? "")
    : BY_PROCESSING_CODE.get(o.processingCode ?? "")?.filter(candidate);
  return rows?.find((row) => row[3] === o.conditionCode) ?? rows?.[0];
}

function batchUpload(networkCode: string | undefined): Family {
  if (networkCode === undefined) return { family: "unknown" };
  const balanced = networkCode === END_BALANCED;
  return balanced || networkCode === END_UNBALANCED ? { family: "batchEnd", balanced } : { family: "batchDetail" };
}

function management(request: Request, networkCode: string | undefined): Family {
  if (networkCode === undefined) return { family: "unknown" };
  if (networkCode === SIGN_OFF) return { family: "signOff" };
  if (networkCode === ECHO) return { family: "echo" };
  // What a terminal tells its host of itself by 0820 beside these: states, and slips (60.1 = 07).
  if (request === "0820") return { family: "statusUpload" };
  if (SIGN_IN.has(networkCode)) return { family: "signIn" };
  const parameters = networkCode === INITIALISE || PARAMETERS.test(networkCode);
  return { family: parameters ? "parameterDownload" : "unknown" };
}
