import type { CodeProfile } from "../../domain/code-words.ts";
import type { CodeRow } from "./code-entry.ts";

/** Sources differ about these (reference response-codes.md, 2.2): the acquirer's profile decides. */
// oxfmt-ignore
export const PROFILES: Readonly<Record<CodeProfile, readonly CodeRow[]>> = {
  standard: [],
  cardCodes: [
    ["78", "C", "card", "otherCard", "Xd", "Stop-payment card", "止付卡"],
    ["A8", "C", "card", "noRetry", "", "No arrears on record", "无欠费记录"],
    ["B1", "C", "card", "noRetry", "", "No arrears on record for this query", "查询无欠费记录"],
    ["P1", "C", "issuer", "noRetry", "Xd", "Declined at the cardholder's wish", "基于持卡人要求拒绝"],
  ],
  terminalCodes: [
    ["78", "-", "terminal", "reSignIn", "T", "Parameters must be downloaded", "需下载参数"],
    ["A8", "C", "terminal", "escalateAcquirer", "T", "The acquirer does not serve this terminal", "收单机构不受理该终端"],
    ["B1", "C", "terminal", "escalateAcquirer", "T", "The acquirer does not support this terminal", "收单机构不支持该终端"],
  ],
};

/** DE39 of a 0400 request is why the terminal reverses, no answer (reference response-codes.md, 2.3). */
// oxfmt-ignore
export const REVERSAL_REASONS: readonly CodeRow[] = [
  ["98", "-", "network", "checkBeforeRetry", "Xt", "Reversal: no answer came in time", "冲正原因：超时未收到应答"],
  ["A0", "-", "security", "checkBeforeRetry", "T Xn", "Reversal: the MAC of the answer is wrong", "冲正原因：应答MAC校验错"],
  ["96", "-", "terminal", "checkBeforeRetry", "Xh", "Reversal: the terminal failed after the answer", "冲正原因：终端收到应答后故障"],
  ["06", "-", "operator", "checkBeforeRetry", "X", "Reversal: another cause at the terminal", "冲正原因：终端的其他原因"],
];

/** What a host means when it answers a reversal. */
// oxfmt-ignore
export const REVERSAL_ANSWERS: readonly CodeRow[] = [
  ["00", "A", "none", "ok", "", "Reversed, or the host never had the original: either way not charged", "冲正成功，或主机没有原交易：均未扣款"],
  ["25", "C", "network", "checkBeforeRetry", "Xt", "The host did not find the transaction to reverse", "主机找不到被冲正的交易"],
];
