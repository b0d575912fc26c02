import type { TransactionKind } from "../../../domain/transaction.ts";
import type { Observation } from "./observation.ts";

/** What a message is about; the same for a request and its answer. */
export type Classified =
  | {
      readonly family: "financial";
      readonly kind: TransactionKind;
      /** Terminals reverse it when its answer stays away. */
      readonly reversible: boolean;
      /** Never reversed: the terminal repeats it until it is answered. */
      readonly repeated: boolean;
    }
  | { readonly family: "reversal" }
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

type Doubt = "reversed" | "repeated" | "neither";
type Row = readonly [kind: TransactionKind, doubt: Doubt];

/** By DE60.1 (reference iso8583.md, 1.5 and 1.6). */
const BY_TYPE: ReadonlyMap<string, Row> = new Map<string, Row>([
  ["01", ["balance", "neither"]],
  ["02", ["balance", "neither"]],
  ["03", ["balance", "neither"]],
  ["10", ["preAuth", "reversed"]],
  ["11", ["preAuthVoid", "reversed"]],
  ["20", ["completion", "reversed"]],
  ["21", ["completionVoid", "reversed"]],
  ["22", ["sale", "reversed"]],
  ["23", ["saleVoid", "reversed"]],
  ["24", ["completionAdvice", "repeated"]],
  ["25", ["refund", "repeated"]],
  ["27", ["refund", "repeated"]],
  ["30", ["offlineSale", "repeated"]],
  ["32", ["adjustment", "repeated"]],
  ["34", ["adjustment", "repeated"]],
  ["36", ["offlineSale", "repeated"]],
]);

/** MTI version and class, DE3, DE25: for messages without DE60. Where completion void and sale void look alike, DE25 tells. */
const BY_CODES: ReadonlyMap<string, Row> = new Map<string, Row>([
  ["02 310000 00", ["balance", "neither"]],
  ["02 000000 00", ["sale", "reversed"]],
  ["02 200000 00", ["saleVoid", "reversed"]],
  ["01 030000 06", ["preAuth", "reversed"]],
  ["01 030000 60", ["preAuthAddOn", "reversed"]],
  ["01 200000 06", ["preAuthVoid", "reversed"]],
  ["02 000000 06", ["completion", "reversed"]],
  ["02 200000 06", ["completionVoid", "reversed"]],
]);

/** 0220 shares its processing codes with the 0200 kinds. */
const ADVICES: ReadonlyMap<string, Row> = new Map<string, Row>([
  ["200000 00", ["refund", "repeated"]],
  ["000000 06", ["completionAdvice", "repeated"]],
  ["000000 00", ["offlineSale", "repeated"]],
]);

/** DE25 of an additional pre-authorisation: 60.1 is that of the first one. */
const ADD_ON = "60";

const BATCH_END: ReadonlyMap<string, boolean> = new Map([
  ["207", true],
  ["202", false],
]);

/** By the message class and DE60 where there is one, else by DE3 and DE25. Never throws, never guesses a sale. */
export function classify(observation: Observation): Classified {
  switch (observation.mti.slice(0, 2)) {
    case "01":
    case "02":
      return financial(observation);
    case "04":
      return { family: "reversal" };
    case "03": {
      const balanced = BATCH_END.get(observation.networkCode ?? "");
      return balanced === undefined ? { family: "batchDetail" } : { family: "batchEnd", balanced };
    }
    case "05":
      return { family: "settlement" };
    case "06":
      return { family: "scriptNotice" };
    case "08":
      return management(observation);
    default:
      return { family: "unknown" };
  }
}

function financial({ mti, messageType, processingCode, conditionCode }: Observation): Classified {
  const codes = `${processingCode ?? ""} ${conditionCode ?? "00"}`;
  const isAdvice = mti[2] === "2" || mti[2] === "3";
  const row =
    BY_TYPE.get(messageType ?? "") ??
    (isAdvice ? ADVICES.get(codes) : undefined) ??
    BY_CODES.get(`${mti.slice(0, 2)} ${codes}`) ??
    (["other", "neither"] satisfies Row);
  const [kind, doubt] = row;
  return {
    family: "financial",
    kind: kind === "preAuth" && conditionCode === ADD_ON ? "preAuthAddOn" : kind,
    reversible: doubt === "reversed",
    repeated: doubt === "repeated",
  };
}

function management({ mti, networkCode = "" }: Observation): Classified {
  if (["001", "003", "004", "006", "401"].includes(networkCode)) return { family: "signIn" };
  if (networkCode === "002") return { family: "signOff" };
  if (networkCode === "301") return { family: "echo" };
  if (/^3[67890]/.test(networkCode))
    return { family: mti[2] === "0" || mti[2] === "1" ? "parameterDownload" : "statusUpload" };
  return { family: "unknown" };
}
