import type { DeviceCondition } from "../../../domain/device.ts";
import { hexCode } from "./hex-code.ts";

/** What the terminal says of itself in answer to 05 01, and what mends it (PA00P015, 3.9). */
interface StatusMeaning {
  readonly state: DeviceCondition["state"];
  readonly reason: string;
  readonly remedy?: NonNullable<DeviceCondition["remedy"]>;
  readonly en: string;
  readonly zh: string;
}

type Row = readonly [
  code: number,
  state: DeviceCondition["state"],
  reason: string,
  remedy: NonNullable<DeviceCondition["remedy"]> | "",
  en: string,
  zh: string,
];

// oxfmt-ignore
const ROWS: readonly Row[] = [
  [0x51, "attention", "initialisationRequired", "initialise", "Initialisation required", "需要初始化"],
  [0x62, "attention", "clockWrong", "setClock", "Date or time wrong", "日期或时间不正确"],
  [0x9c, "wait", "pleaseWait", "wait", "Busy, please wait", "正忙，请稍候"],
  [0x9d, "ready", "partialGoods", "", "Partial issue of goods", "部分出货"],
  [0xb1, "attention", "memoryFull", "settle", "Memory full: close the batch, else call a technician", "存储已满：请日结，否则联系技术员"],
  [0xb2, "attention", "journalFull", "technician", "Merchant journal full: read and delete it", "商户日志已满：请读出并删除"],
  [0xbf, "fault", "voltageLow", "technician", "Supply voltage too low", "供电电压过低"],
  [0xc0, "fault", "cardLockDefective", "technician", "Card locking mechanism defective", "锁卡机构故障"],
  [0xc1, "fault", "merchantCardLocked", "diagnose", "Merchant card locked: diagnosis, register anew, else a technician", "商户卡被锁定：诊断、重新登记，否则联系技术员"],
  [0xc2, "attention", "diagnosisRequired", "diagnose", "Diagnosis required", "需要诊断"],
  [0xc4, "fault", "cardProfileInvalid", "softwareUpdate", "Card profile invalid: software update needed", "卡配置无效：需要更新软件"],
  [0xcc, "fault", "printerNotReady", "technician", "Printer not ready", "打印机未就绪"],
  [0xdc, "wait", "cardInserted", "wait", "A card is inserted", "有卡插入"],
  [0xdf, "fault", "outOfOrder", "technician", "Out of order", "停止使用"],
  [0xe0, "fault", "remoteMaintenance", "technician", "Remote maintenance active", "正在远程维护"],
  [0xe1, "wait", "cardNotRemoved", "abort", "Card not removed", "卡未取走"],
  [0xe2, "fault", "cardReaderDefective", "technician", "Card reader defective", "读卡器故障"],
  [0xe3, "ready", "shutterClosed", "", "Shutter closed", "挡板已关闭"],
  [0xe4, "fault", "activationRequired", "technician", "Terminal activation required", "终端需要激活"],
  [0xf0, "attention", "reconciliationRequired", "settle", "Reconciliation required", "需要对账"],
  [0xf6, "fault", "outdoorTerminalMissing", "technician", "Outdoor payment terminal missing", "缺少户外支付终端"],
];

const BY_CODE: ReadonlyMap<number, StatusMeaning> = new Map(
  ROWS.map(([code, state, reason, remedy, en, zh]) => [
    code,
    { state, reason, ...(remedy === "" ? {} : { remedy }), en, zh },
  ]),
);

const READY: StatusMeaning = { state: "ready", reason: "ready", en: "Ready", zh: "就绪" };

export function statusMeaning(code: number): StatusMeaning {
  const name = hexCode(code);
  const unknown = {
    state: "attention",
    reason: "unknownStatus",
    en: `Unknown status ${name}`,
    zh: `未知状态 ${name}`,
  } as const;
  return code === 0 ? READY : (BY_CODE.get(code) ?? unknown);
}

/** Whether it is in the list. */
export function isTerminalStatus(code: number): boolean {
  return code === 0 || BY_CODE.has(code);
}

/** The same as the supervision of terminals sees it. */
export function conditionOf(code: number): DeviceCondition {
  const { state, reason, remedy } = statusMeaning(code);
  if (code === 0) return { state, code: hexCode(code) };
  return { state, code: hexCode(code), reason, ...(remedy === undefined ? {} : { remedy }) };
}

/** Bits of BMP 19 in a completion of registration, diagnosis or initialisation. */
const INITIALISATION_NEEDED = 0x01;
const DIAGNOSIS_NEEDED = 0x02;
const OUTDOOR_ACTION_NEEDED = 0x04;

/** What the status byte of a registration asks for; undefined when it asks for nothing. */
export function conditionOfStatusByte(byte: number): DeviceCondition | undefined {
  if ((byte & INITIALISATION_NEEDED) !== 0) return conditionOf(0x51);
  if ((byte & DIAGNOSIS_NEEDED) !== 0) return conditionOf(0xc2);
  return (byte & OUTDOOR_ACTION_NEEDED) === 0 ? undefined : conditionOf(0xf6);
}
