import type { IncidentKind } from "../domain/incident.ts";
import type { Words } from "../domain/words.ts";

/** One line for a list, in both languages. */
const TITLES: Readonly<Record<IncidentKind, Words>> = {
  merchantInvalid: { en: "The acquirer does not accept this merchant", zh: "无效商户：收单机构不接受本店商户号" },
  cardTypeNotTaken: { en: "One sort of card is not taken here", zh: "某类银行卡在本店不受理" },
  terminalDisabled: { en: "A terminal is blocked", zh: "终端被停用" },
  terminalUnsigned: { en: "A terminal is not signed in, or its keys are wrong", zh: "终端未签到或密钥不符" },
  functionDisabled: { en: "A kind of transaction is not enabled on a terminal", zh: "终端未开通某类交易" },
  terminalParameters: { en: "A terminal's parameters or software are wrong", zh: "终端参数或软件有误" },
  terminalConnection: { en: "A terminal loses its connection", zh: "终端断连" },
  terminalHardware: { en: "A terminal has a fault", zh: "终端硬件故障" },
  terminalData: { en: "A terminal sends wrong data", zh: "终端数据异常" },
  lineDown: { en: "The shop's line is down or disturbed", zh: "店内线路中断或受干扰" },
  powerLost: { en: "Supply was lost, or the gateway restarted, in the middle of payments", zh: "交易中断电或网关重启" },
  hostOutage: { en: "The acquirer's host does not work", zh: "收单机构主机不可用" },
  issuerUnavailable: { en: "One bank cannot be reached", zh: "某家发卡行无法连通" },
  tooFrequent: { en: "Cards are refused for limits or tried too often", zh: "刷卡频繁：限额或重复尝试" },
  duplicateCharge: { en: "A customer may have been charged twice", zh: "顾客可能被重复扣款" },
  approvedAfterReversal: { en: "The host approved what the terminal had taken back", zh: "冲正之后主机又批准" },
  reversalAbandoned: { en: "A payment could not be taken back", zh: "冲正未完成" },
  settlement: { en: "A settlement is due or does not balance", zh: "结算未做或对账不平" },
  preauthorisation: { en: "A pre-authorisation, or what refers to it, is incomplete", zh: "预授权资料不全或无法完成" },
  operatorErrors: { en: "The same slips at the till again and again", zh: "操作差错频发" },
  unexplained: { en: "Several payments failed, and nothing explains it", zh: "多笔交易失败，原因不明" },
};

export function incidentTitle(kind: IncidentKind): Words {
  return TITLES[kind];
}
