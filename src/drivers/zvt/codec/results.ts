import { verdictOf } from "../../../domain/response-code.ts";
import { hexCode } from "./hex-code.ts";

/** What a result or error id means (PA00P015, chapter 10). */
export interface ResultMeaning {
  /** A stable word. */
  readonly word: string;
  readonly en: string;
  readonly zh: string;
  /**
   * What it says of a payment that ended with it. `declined`: card, host or cardholder said no. `failed`: something stood
   * in the way of asking. Either way no money moved.
   */
  readonly outcome: "approved" | "declined" | "failed";
}

type Row = readonly [code: number, word: string, outcome: "declined" | "failed", en: string, zh: string];

// oxfmt-ignore
const ROWS: readonly Row[] = [
  [0x64, "cardNotReadable", "failed", "Card not readable", "无法读卡"],
  [0x65, "cardDataAbsent", "failed", "Card data not present", "没有卡数据"],
  [0x66, "processingError", "failed", "Processing error", "处理错误"],
  [0x67, "notPermittedForDebit", "declined", "Function not permitted for ec and Maestro cards", "该功能不允许用于 ec 卡和 Maestro 卡"],
  [0x68, "notPermittedForCredit", "declined", "Function not permitted for credit and fuel cards", "该功能不允许用于信用卡和加油卡"],
  [0x6a, "turnoverFileFull", "failed", "Turnover file full: end of day needed", "交易文件已满：需要日结"],
  [0x6b, "functionDeactivated", "failed", "Function deactivated: the terminal is not registered", "功能被禁用：终端未登记"],
  [0x6c, "abortedAtTerminal", "failed", "Aborted by time-out or by a key", "因超时或按键而中止"],
  [0x6e, "cardBlocked", "declined", "Card in the blocked list", "卡在黑名单中"],
  [0x6f, "wrongCurrency", "failed", "Wrong currency", "币种不正确"],
  [0x71, "creditNotSufficient", "declined", "Credit not sufficient (chip card)", "余额不足（芯片卡）"],
  [0x72, "chipError", "failed", "Chip error", "芯片错误"],
  [0x73, "cardDataIncorrect", "failed", "Card data incorrect", "卡数据不正确"],
  [0x74, "dukptExhausted", "failed", "DUKPT keys exhausted", "DUKPT 密钥已用尽"],
  [0x75, "textNotAuthentic", "failed", "Text not authentic", "文本未通过验证"],
  [0x76, "cardNotInWhiteList", "declined", "Card number not in the white list", "卡号不在白名单中"],
  [0x77, "endOfDayNotPossible", "failed", "End of day not possible", "无法日结"],
  [0x78, "cardExpired", "declined", "Card expired", "卡已过期"],
  [0x79, "cardNotYetValid", "declined", "Card not yet valid", "卡尚未生效"],
  [0x7a, "cardUnknown", "declined", "Card unknown", "未知的卡"],
  [0x7b, "fallbackNotPossible", "declined", "Fallback to the magnetic stripe not possible", "无法降级为磁条"],
  [0x7c, "fallbackNotPossible", "declined", "Fallback to the magnetic stripe not possible", "无法降级为磁条"],
  [0x7d, "communicationModule", "failed", "Communication module error", "通信模块错误"],
  [0x7e, "fallbackNotPossible", "declined", "Fallback not possible: debit card without chip", "无法降级：借记卡无芯片"],
  [0x83, "functionNotPossible", "failed", "Function not possible", "无法执行该功能"],
  [0x85, "keyMissing", "failed", "Key missing", "缺少密钥"],
  [0x89, "pinPadDefective", "failed", "PIN pad defective", "密码键盘故障"],
  [0x9a, "protocolError", "failed", "Error in the transfer protocol", "传输协议错误"],
  [0x9b, "communicationFault", "failed", "Dial-up or communication fault", "拨号或通信故障"],
  [0x9c, "pleaseWait", "failed", "Please wait: the terminal is busy", "请稍候：终端正忙"],
  [0xa0, "receiverNotReady", "failed", "Receiver not ready", "接收方未就绪"],
  [0xa1, "remoteSilent", "failed", "The remote station does not respond", "远端没有应答"],
  [0xa3, "noConnection", "failed", "No connection", "没有连接"],
  [0xa4, "geldkarte", "failed", "Geldkarte: submission not possible", "Geldkarte：无法提交"],
  [0xa5, "notAllowedByPci", "failed", "Not allowed by PCI DSS or P2PE", "PCI DSS 或 P2PE 不允许"],
  [0xb1, "memoryFull", "failed", "Memory full", "存储已满"],
  [0xb2, "journalFull", "failed", "Merchant journal full", "商户日志已满"],
  [0xb4, "alreadyReversed", "failed", "Already reversed", "已经撤销过"],
  [0xb5, "reversalNotPossible", "failed", "Reversal not possible", "无法撤销"],
  [0xb7, "holdAmountWrong", "failed", "Pre-authorisation: amount wrong or too high", "预授权：金额错误或过高"],
  [0xb8, "holdError", "failed", "Pre-authorisation error", "预授权错误"],
  [0xbf, "voltageLow", "failed", "Supply voltage too low", "供电电压过低"],
  [0xc0, "cardLockDefective", "failed", "Card locking mechanism defective", "锁卡机构故障"],
  [0xc1, "merchantCardLocked", "failed", "Merchant card locked", "商户卡被锁定"],
  [0xc2, "diagnosisRequired", "failed", "Diagnosis required", "需要诊断"],
  [0xc3, "maximumExceeded", "declined", "Maximum amount exceeded", "超过最高金额"],
  [0xc4, "cardProfileInvalid", "failed", "Card profile invalid: new ones must be loaded", "卡配置无效：需要重新加载"],
  [0xc5, "methodNotSupported", "declined", "Payment method not supported", "不支持该支付方式"],
  [0xc6, "currencyNotApplicable", "failed", "Currency not applicable", "币种不适用"],
  [0xc8, "amountTooSmall", "declined", "Amount too small", "金额过小"],
  [0xc9, "amountTooSmall", "declined", "Maximum transaction amount too small", "最高交易金额过小"],
  [0xcb, "onlyEuro", "failed", "Function only allowed in EUR", "该功能只允许使用欧元"],
  [0xcc, "printerNotReady", "failed", "Printer not ready", "打印机未就绪"],
  [0xcd, "cashbackNotPossible", "declined", "Cash-back not possible", "无法取现返还"],
  [0xd2, "notForServiceCards", "declined", "Function not permitted for service and bank-customer cards", "该功能不允许用于服务卡"],
  [0xdc, "cardInserted", "failed", "Card inserted", "卡已插入"],
  [0xdd, "motorReaderError", "failed", "Error of the motor card reader when ejecting", "电动读卡器退卡错误"],
  [0xde, "motorReaderError", "failed", "Error of the motor card reader when inserting", "电动读卡器进卡错误"],
  [0xe0, "remoteMaintenance", "failed", "Remote maintenance active", "正在远程维护"],
  [0xe2, "cardReaderDefective", "failed", "Card reader does not answer or is defective", "读卡器无应答或故障"],
  [0xe3, "shutterClosed", "failed", "Shutter closed", "挡板已关闭"],
  [0xe4, "activationRequired", "failed", "Terminal activation required", "终端需要激活"],
  [0xe7, "fleetGoodsNotFound", "declined", "Fleet card: goods group not found", "车队卡：未找到商品组"],
  [0xe8, "fleetNoGoodsTable", "failed", "Fleet card: no goods group table", "车队卡：没有商品组表"],
  [0xe9, "fleetRestriction", "declined", "Fleet card: restriction code not permitted", "车队卡：限制代码不允许"],
  [0xea, "fleetCardCode", "declined", "Fleet card: card code not permitted", "车队卡：卡代码不允许"],
  [0xeb, "pinNotPossible", "declined", "PIN algorithm not executable", "无法执行密码算法"],
  [0xec, "pinNotPossible", "declined", "PIN processing not possible", "无法处理密码"],
  [0xed, "pinPadDefective", "failed", "PIN pad defective", "密码键盘故障"],
  [0xf0, "endOfDayOpen", "failed", "An end of day is open: reconcile first", "有未完成的日结：请先对账"],
  [0xf1, "offlineError", "failed", "Offline processing error", "脱机处理错误"],
  [0xf5, "outdoorTerminalAction", "failed", "Outdoor payment terminal needs an action", "户外支付终端需要操作"],
  [0xf6, "outdoorTerminalMissing", "failed", "Outdoor payment terminal missing", "缺少户外支付终端"],
  [0xfa, "offlineTransmission", "failed", "Offline transactions must be transmitted", "需要上送脱机交易"],
  [0xfb, "turnoverRecordDefective", "failed", "Turnover record defective", "交易记录损坏"],
  [0xfc, "deviceMissing", "failed", "A necessary device is missing or defective", "缺少必要的设备或设备故障"],
  [0xfd, "baudRateNotSupported", "failed", "Baud rate not supported", "不支持该波特率"],
  [0xfe, "registerUnknown", "failed", "Register unknown", "未知的寄存器"],
  [0xff, "systemError", "failed", "System error: see the extended error", "系统错误：见扩展错误码"],
];

const BY_CODE: ReadonlyMap<number, Row> = new Map(ROWS.map((row) => [row[0], row]));

const OK: ResultMeaning = { word: "ok", en: "Successful", zh: "成功", outcome: "approved" };

/** Where result ids of the authorisation host end. */
const LAST_HOST_CODE = 0x63;

/** How a host's two digits stand in one byte: sources differ, so it is an option. */
export type HostCodes = "decimal" | "bcd";

/**
 * The host's two-digit response code in a result of 01..63: by the specification the byte's value in decimal (33 hex is
 * `51`); some firmware packs the digits (51 hex is `51`).
 *
 * @returns undefined when the result is none of the host's.
 */
export function hostCode(result: number, kind: HostCodes): string | undefined {
  if (kind === "bcd") {
    const digits = hexCode(result);
    return result > 0 && /^\d\d$/.test(digits) && !BY_CODE.has(result) ? digits : undefined;
  }
  return result > 0 && result <= LAST_HOST_CODE ? String(result).padStart(2, "0") : undefined;
}

/** Never undefined: an id that is in no list is a failure that names itself. */
export function resultMeaning(result: number, kind: HostCodes): ResultMeaning {
  if (result === 0) return OK;
  const host = hostCode(result, kind);
  if (host !== undefined) {
    // A result other than 0 is no approval, whatever its digits would be on other wires.
    const outcome = verdictOf(host) === "failed" ? "failed" : "declined";
    return { word: "hostDeclined", en: `The host answered ${host}`, zh: `主机应答 ${host}`, outcome };
  }
  const row = BY_CODE.get(result);
  if (row !== undefined) return { word: row[1], outcome: row[2], en: row[3], zh: row[4] };
  const code = hexCode(result);
  return { word: "unknownResult", en: `Unknown result ${code}`, zh: `未知结果 ${code}`, outcome: "failed" };
}
