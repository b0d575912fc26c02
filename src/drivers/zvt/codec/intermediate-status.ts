import type { PaymentStep } from "../../../domain/payment.ts";
import { hexCode } from "./hex-code.ts";

/** What a 04 FF says that the terminal does (PA00P015, 3.7). */
export interface IntermediateMeaning {
  readonly step: PaymentStep;
  readonly en: string;
  readonly zh: string;
}

/** The request went to the host; the time until the next message is the host's. */
export const WAITING_FOR_HOST = 0x04;

type Row = readonly [code: number, step: PaymentStep, en: string, zh: string];

// oxfmt-ignore
const ROWS: readonly Row[] = [
  [0x00, "confirmAmount", "Waiting for the amount to be confirmed", "等待确认金额"],
  [0x01, "enterPin", "Please watch the PIN pad", "请看密码键盘"],
  [0x02, "enterPin", "Please watch the PIN pad", "请看密码键盘"],
  [0x03, "declining", "Not accepted", "未被接受"],
  [0x04, "waitingForHost", "Waiting for the host", "等待主机应答"],
  [0x05, "reversing", "Sending an automatic reversal", "正在发送自动冲正"],
  [0x06, "waitingForHost", "Sending later bookings", "正在补送交易"],
  [0x07, "declining", "Card not admitted", "不接受该卡"],
  [0x08, "declining", "Card unknown", "未知的卡"],
  [0x09, "declining", "Card expired", "卡已过期"],
  [0x0a, "presentCard", "Insert the card", "请插卡"],
  [0x0b, "removeCard", "Remove the card", "请取卡"],
  [0x0c, "declining", "Card not readable", "无法读卡"],
  [0x0d, "declining", "Processing error", "处理错误"],
  [0x0e, "pleaseWait", "Please wait", "请稍候"],
  [0x0f, "pleaseWait", "Automatic end of day begins", "自动日结开始"],
  [0x10, "declining", "Invalid card", "无效的卡"],
  [0x11, "pleaseWait", "Balance display", "显示余额"],
  [0x12, "declining", "System malfunction", "系统故障"],
  [0x13, "declining", "Payment not possible", "无法支付"],
  [0x14, "declining", "Credit not sufficient", "余额不足"],
  [0x15, "enterPin", "Wrong PIN", "密码错误"],
  [0x16, "declining", "Limit not sufficient", "额度不足"],
  [0x17, "pleaseWait", "Please wait", "请稍候"],
  [0x18, "declining", "Too many PIN tries", "密码输入次数过多"],
  [0x19, "declining", "Card data incorrect", "卡数据不正确"],
  [0x1a, "pleaseWait", "Service mode", "服务模式"],
  [0x1b, "approving", "Approved: please fill up", "已批准：请加油"],
  [0x1c, "approving", "Approved: please take the goods", "已批准：请取货"],
  [0x1d, "declining", "Declined", "被拒绝"],
  [0x26, "choose", "Enter the mobile number", "请输入手机号"],
  [0x27, "choose", "Enter the mobile number again", "请再次输入手机号"],
  [0x28, "choose", "Select the currency", "请选择币种"],
  [0x29, "choose", "Select the language", "请选择语言"],
  [0x2a, "choose", "Load the card", "卡充值"],
  [0x2b, "approving", "Emergency transaction (offline)", "应急交易（脱机）"],
  [0x2c, "choose", "Select the application", "请选择应用"],
  [0x66, "removeCard", "Enter the mobile number; remove the card", "请输入手机号；请取卡"],
  [0x67, "removeCard", "Enter the mobile number again; remove the card", "请再次输入手机号；请取卡"],
  [0x68, "presentCard", "Customer card inserted", "会员卡已插入"],
  [0x69, "choose", "Select the currency of the card (DCC)", "请选择卡币种（DCC）"],
  [0xc7, "choose", "Enter the mileage", "请输入里程"],
  [0xc8, "cashierNeeded", "Waiting for the cashier", "等待收银员操作"],
  [0xc9, "pleaseWait", "Automatic diagnosis", "自动诊断"],
  [0xca, "pleaseWait", "Automatic initialisation", "自动初始化"],
  [0xcb, "cashierNeeded", "Merchant journal full", "商户日志已满"],
  [0xcc, "declining", "Debit advice not possible, PIN needed", "无法使用借记通知，需要密码"],
  [0xd2, "waitingForHost", "Connecting by dial-up", "正在拨号连接"],
  [0xd3, "waitingForHost", "Dial-up connection is there", "拨号连接已建立"],
  [0xe0, "choose", "Waiting for the application to be selected", "等待选择应用"],
  [0xe1, "choose", "Waiting for the language to be selected", "等待选择语言"],
  [0xe2, "cashierNeeded", "Use the cleaning card", "请使用清洁卡"],
  [0xf1, "pleaseWait", "Offline", "脱机"],
  [0xf2, "pleaseWait", "Online", "联机"],
  [0xf3, "approving", "Offline transaction", "脱机交易"],
  [0xff, "pleaseWait", "See the terminal's own text", "见终端自己的文字"],
];

/** Codes to which 40 hex can be added: the same, and the card is to be removed. */
const LAST_WITH_CARD = 0x1d;
const REMOVE_CARD = 0x40;

const BY_CODE: ReadonlyMap<number, IntermediateMeaning> = new Map(
  ROWS.flatMap(([code, step, en, zh]): [number, IntermediateMeaning][] => {
    const plain: [number, IntermediateMeaning] = [code, { step, en, zh }];
    if (code === 0 || code > LAST_WITH_CARD) return [plain];
    return [plain, [code + REMOVE_CARD, { step: "removeCard", en: `${en}; remove the card`, zh: `${zh}；请取卡` }]];
  }),
);

/** Never undefined: a code that is in no list is a wait that names itself. */
export function intermediateMeaning(code: number): IntermediateMeaning {
  const name = hexCode(code);
  return BY_CODE.get(code) ?? { step: "pleaseWait", en: `Terminal status ${name}`, zh: `终端状态 ${name}` };
}
