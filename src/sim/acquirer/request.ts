import type { TransactionKind } from "../../domain/transaction.ts";
import type { WireMessage } from "./wire.ts";

/** What a request asks for, as the host understands it. */
export type RequestKind =
  | TransactionKind
  | "reversal"
  | "signIn"
  | "signOff"
  | "echo"
  | "download"
  | "statusUpload"
  | "settlement"
  | "batchUpload"
  | "batchEnd"
  | "scriptNotice"
  | "unknown";

/** All that the books may keep of a card number. */
export interface BookCard {
  readonly first6: string;
  readonly last4: string;
  readonly length: number;
}

export interface HostRequest {
  readonly kind: RequestKind;
  readonly mti: string;
  /** Spaces kept: the reply repeats it as it came. */
  readonly de41: string;
  readonly de42: string;
  readonly stan: string;
  /** DE60.2. */
  readonly batch: string;
  /** DE60.3, "" when absent. */
  readonly networkCode: string;
  /** Smallest unit of the currency; 0 where the message has none. */
  readonly amount: number;
  readonly card?: BookCard;
  /** DE61.1 and 61.2: which transaction this one refers to. */
  readonly originalBatch?: string;
  readonly originalStan?: string;
  /** DE37 and DE38 of a request that refers to an earlier transaction. */
  readonly originalRrn?: string;
  readonly originalAuthCode?: string;
  readonly message: WireMessage;
}

/** MTI and DE60.1 (reference 1.5). */
const MONEY_KINDS: ReadonlyMap<string, TransactionKind> = new Map<string, TransactionKind>([
  ["0200/01", "balance"],
  ["0200/22", "sale"],
  ["0200/23", "saleVoid"],
  ["0220/25", "refund"],
  ["0100/10", "preAuth"],
  ["0100/11", "preAuthVoid"],
  ["0200/20", "completion"],
  ["0220/24", "completionAdvice"],
  ["0200/21", "completionVoid"],
  ["0220/30", "offlineSale"],
  ["0220/32", "adjustment"],
  ["0220/34", "adjustment"],
  ["0200/36", "offlineSale"],
]);

const ALL_MONEY_KINDS: ReadonlySet<string> = new Set([...MONEY_KINDS.values(), "preAuthAddOn"]);

export function isMoneyKind(kind: RequestKind): kind is TransactionKind {
  return ALL_MONEY_KINDS.has(kind);
}

export function readRequest(message: WireMessage): HostRequest {
  const de60 = message.digits(60) ?? "";
  const de61 = message.digits(61) ?? "";
  const card = readCard(message);
  const rrn = message.text(37);
  const authCode = message.text(38)?.trimEnd();
  return {
    kind: kindOf(message, de60),
    mti: message.mti,
    de41: message.text(41) ?? "",
    de42: message.text(42) ?? "",
    stan: message.digits(11) ?? "",
    batch: de60.slice(2, 8),
    networkCode: de60.slice(8, 11),
    amount: Number(message.digits(4) ?? "0"),
    ...(card === undefined ? {} : { card }),
    ...(de61.length < 12 ? {} : { originalBatch: de61.slice(0, 6), originalStan: de61.slice(6, 12) }),
    ...(rrn === undefined ? {} : { originalRrn: rrn }),
    ...(authCode === undefined || authCode === "" ? {} : { originalAuthCode: authCode }),
    message,
  };
}

function kindOf(message: WireMessage, de60: string): RequestKind {
  const networkCode = de60.slice(8, 11);
  switch (message.mti) {
    case "0400":
      return "reversal";
    case "0500":
      return "settlement";
    case "0320":
      return networkCode === "202" || networkCode === "207" ? "batchEnd" : "batchUpload";
    case "0620":
      return "scriptNotice";
    case "0800":
      return /^(00[1346]|401)$/.test(networkCode) ? "signIn" : "download";
    case "0820":
      if (networkCode === "002") return "signOff";
      return networkCode === "301" ? "echo" : "statusUpload";
    default:
      return moneyKindOf(message, de60.slice(0, 2));
  }
}

function moneyKindOf(message: WireMessage, transactionType: string): RequestKind {
  const kind = MONEY_KINDS.get(`${message.mti}/${transactionType}`);
  if (kind === undefined) return "unknown";
  return kind === "preAuth" && message.digits(25) === "60" ? "preAuthAddOn" : kind;
}

/** The number may stand only in the track; its digits are not kept beyond this call. */
function readCard(message: WireMessage): BookCard | undefined {
  const pan = message.digits(2) ?? message.digits(35)?.split("=", 1)[0];
  if (pan === undefined || pan.length < 13) return undefined;
  return { first6: pan.slice(0, 6), last4: pan.slice(-4), length: pan.length };
}
