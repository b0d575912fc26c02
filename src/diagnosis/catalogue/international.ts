import type { CodeRow } from "./code-entry.ts";

/** What Visa and Mastercard mean by numbers that UnionPay uses otherwise (reference response-codes.md, 2.3). */
// oxfmt-ignore
export const SCHEME: readonly CodeRow[] = [
  ["22", "C", "network", "noRetry", "X", "Suspected malfunction", "故障怀疑"],
  ["57", "C", "issuer", "noRetry", "Xd F M", "Transaction not permitted to the cardholder; for Visa final since 25 October 2026", "不允许持卡人进行的交易；Visa 自2026年10月25日起不得重试"],
  ["65", "C", "limit", "fixThenRetry", "F", "Count limit exceeded, or the issuer asks for chip and PIN instead of contactless", "超出次数限制，或发卡行要求插卡并输入密码"],
  ["77", "C", "format", "noRetry", "X", "Data inconsistent with an earlier message", "数据与先前报文不一致"],
  ["78", "C", "card", "otherCard", "Xd", "Blocked: first use of a new card, or no such account", "新卡首次使用被锁定，或无此账户"],
  ["79", "C", "operator", "checkBeforeRetry", "X", "Already reversed", "已经冲正"],
];

/** Cards of other countries only: UnionPay lists none of these. */
// oxfmt-ignore
export const FOREIGN: readonly CodeRow[] = [
  ["1A", "C", "security", "fixThenRetry", "Xd", "The issuer asks for additional authentication", "发卡行要求额外验证"],
  ["46", "C", "card", "noRetry", "Xd", "Closed account", "账户已关闭"],
  ["5C", "C", "issuer", "noRetry", "Xd", "Not supported or blocked by the issuer", "发卡行不支持或已锁定"],
  ["6P", "C", "security", "fixThenRetry", "Xd", "Verification data failed", "验证数据不符"],
  ["70", "C", "operator", "fixThenRetry", "Xo", "PIN data required, or contact the issuer", "需要密码数据，或联系发卡行"],
  ["71", "C", "issuer", "noRetry", "", "PIN not changed", "密码未更改"],
  ["76", "C", "operator", "checkBeforeRetry", "X", "Reversal does not fit, or account to be credited invalid", "冲正不符，或转入账户无效"],
  ["80", "C", "format", "noRetry", "X", "Date invalid, or PIN error", "日期无效，或密码错误"],
  ["81", "C", "security", "noRetry", "X", "Cryptographic error in the PIN", "密码加密错误"],
  ["82", "C", "security", "fixThenRetry", "Xd", "Card verification value wrong", "卡验证值错误"],
  ["83", "C", "security", "noRetry", "X", "Security check failed (83)", "安全检查失败（83）"],
  ["84", "C", "security", "noRetry", "X", "Security check failed (84)", "安全检查失败（84）"],
  ["85", "C", "issuer", "checkBeforeRetry", "X", "No reason to decline: an account check, not a payment", "无拒绝理由：仅为账户核验，不是付款"],
  ["86", "C", "network", "retryLater", "X", "PIN cannot be verified now", "暂时无法验证密码"],
  ["87", "C", "issuer", "noRetry", "Xd", "Purchase only, no cash-back", "只允许消费，不可返现"],
  ["88", "C", "security", "reSignIn", "T", "Cryptographic failure", "加密失败"],
  ["89", "C", "terminal", "escalateAcquirer", "T", "PIN not acceptable, or terminal number unknown", "密码不可接受，或终端号未知"],
  ["9G", "C", "issuer", "retryLater", "Xd", "Blocked by the cardholder, or contact the cardholder", "被持卡人锁定，或联系持卡人"],
  ["N7", "C", "security", "fixThenRetry", "Xd", "Card verification value CVV2 wrong", "CVV2 错误"],
  ["R0", "C", "issuer", "noRetry", "Xd", "The cardholder stopped this payment", "持卡人停止该笔付款"],
  ["R1", "C", "issuer", "noRetry", "Xd", "The cardholder stopped all such payments", "持卡人停止此类全部付款"],
  ["R3", "C", "issuer", "noRetry", "Xd", "The cardholder stopped all payments to this shop", "持卡人停止对该商户的全部付款"],
];

/** ISO 8583:1987 words for what no shop normally sees. 08, 26 and 32 read as completed there; here nobody may count on it. */
// oxfmt-ignore
const ISO_WORDS: readonly CodeRow[] = [
  ["08", "-", "issuer", "checkBeforeRetry", "X", "Honour with identification: not an approval here", "需核对身份后承兑：此处不视为批准"],
  ["18", "-", "issuer", "noRetry", "", "Customer dispute", "客户争议"],
  ["24", "-", "format", "escalateAcquirer", "", "File update not supported", "不支持文件更新"],
  ["26", "-", "format", "checkBeforeRetry", "X", "Duplicate file record", "文件记录重复"],
  ["27", "-", "format", "escalateAcquirer", "", "File field edit error", "文件字段编辑错误"],
  ["28", "-", "format", "retryLater", "", "File locked", "文件被锁定"],
  ["29", "-", "format", "escalateAcquirer", "", "File update failed", "文件更新失败"],
  ["32", "-", "unknown", "checkBeforeRetry", "X", "Completed in part: not an approval here", "部分完成：此处不视为批准"],
];

/** Left by the standard to countries and acquirers. */
const RESERVED = "47 48 49 50 69 72 73 74".split(" ");

/** Acquirers use these each in its own way, and they collide: only an override can tell. */
const PRIVATE = "E1 E2 E3 E4 E5 E6 E7 OT RF RS W1 W2 W3 W4 W5 W6 W7 W8 W9 Y8 Z0".split(" ");

export const ISO: readonly CodeRow[] = [
  ...ISO_WORDS,
  ...RESERVED.map((code): CodeRow => [
    code,
    "-",
    "unknown",
    "escalateAcquirer",
    "",
    `Code ${code} is left to national use: only the acquirer knows`,
    `代码 ${code} 为国家保留：含义请问收单机构`,
  ]),
  ...PRIVATE.map((code): CodeRow => [
    code,
    "-",
    "unknown",
    "escalateAcquirer",
    "",
    `Code ${code} is the acquirer's own: see its list`,
    `代码 ${code} 为收单机构自定义：请查其代码表`,
  ]),
];
