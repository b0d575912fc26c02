import type { Words } from "../domain/words.ts";

/** What a technician should do, by the stable word that is the reason of a terminal's state. */
export const ADVICE: Readonly<Record<string, Words>> = {
  unreachable: {
    en: "Nothing answers at its address: is the terminal on, its network cable in, its address still the one in the config?",
    zh: "该地址无应答：请检查终端是否开机、网线是否插好、地址是否与配置一致。",
  },
  absent: {
    en: "It is not plugged in: check the cable and the adapter, then the terminal's power.",
    zh: "设备未连接：请检查线缆和转接器，再检查终端电源。",
  },
  notPermitted: {
    en: "tillgate may not open this port: install its udev rule, or add its user to the group that owns the device.",
    zh: "tillgate 无权打开该端口：请安装 udev 规则，或将其用户加入设备所属的组。",
  },
  inUse: {
    en: "Another program holds this port: stop that program; only one may talk to the terminal.",
    zh: "端口被其他程序占用：请停止该程序，同一终端只能由一个程序通信。",
  },
  unavailable: {
    en: "A program part that this link needs cannot be loaded here: `found` names it. HID needs libusb-1.0-0 and libudev1; else install tillgate's package again.",
    zh: "此连接所需的组件无法在本机加载（见 found）：HID 需要 libusb-1.0-0 和 libudev1；否则请重新安装 tillgate 软件包。",
  },
  silent: {
    en: "It does not answer: look at its screen, check cable and power, restart the terminal. Sell on another one meanwhile.",
    zh: "终端无应答：请查看屏幕，检查线缆和电源，重启终端。期间请使用其他终端收款。",
  },
  garbage: {
    en: "What arrives is not the protocol: check baud rate and parity in the config, the cable's length and its distance from motors and radios.",
    zh: "收到的数据不符合协议：请核对波特率和校验设置，检查线缆长度及其与电机、无线设备的距离。",
  },
  refused: {
    en: "The terminal refuses us: check the password and the till's registration on the terminal.",
    zh: "终端拒绝连接：请检查终端上的密码和收银机登记设置。",
  },
  linkLost: {
    en: "The link broke off and is being opened again: when this repeats, change the cable or the network port.",
    zh: "连接中断，正在重连：若反复出现，请更换线缆或网口。",
  },
  wrongTerminal: {
    en: "Another terminal answers on this port: swap the plugs back, or confirm this one with its serial number (terminals resume --serial).",
    zh: "该端口上应答的是另一台终端：请换回插头，或用其序列号确认（terminals resume --serial）。",
  },
  replaced: {
    en: "This terminal was replaced: take its entry out of the config.",
    zh: "该终端已被更换：请从配置中删除该条目。",
  },
  paused: {
    en: "It is held back on purpose: see who paused it and why; resume it when that is settled.",
    zh: "该终端被人为暂停：请查看暂停人和原因，处理后恢复。",
  },
  crashed: {
    en: "Its driver failed and is being started again: when this repeats, send headquarters the daemon's log.",
    zh: "驱动程序出错，正在重新启动：若反复出现，请将日志发给总部。",
  },
  hung: {
    en: "Its driver stopped answering and is being started again: when this repeats, restart the terminal and send the daemon's log.",
    zh: "驱动程序无响应，正在重新启动：若反复出现，请重启终端并发送日志。",
  },
  initialisationRequired: {
    en: "The terminal asks for its initialisation: run it from the terminal's menu, or let tillgate do it when it is idle.",
    zh: "终端要求初始化：请在终端菜单中执行，或等空闲时由 tillgate 自动执行。",
  },
  diagnosisRequired: {
    en: "The terminal asks for a diagnosis with its host: run `selftest`, and check its line to the acquirer.",
    zh: "终端要求与主机做诊断：请运行自检，并检查其到收单机构的线路。",
  },
  reconciliationRequired: {
    en: "Its batch must be closed before it sells again: run its end of day (settle).",
    zh: "需先结算批次才能继续收款：请执行日终结算。",
  },
  memoryFull: {
    en: "Its memory is full: run its end of day (settle); if it stays full, call a technician.",
    zh: "终端存储已满：请执行日终结算；若仍然已满，请联系技术员。",
  },
  clockWrong: {
    en: "Its date or time is wrong: tillgate sets it when the terminal is idle; else set it in the terminal's menu.",
    zh: "终端日期或时间不正确：空闲时 tillgate 会自动校时；否则请在终端菜单中设置。",
  },
  printerNotReady: {
    en: "Its printer is not ready: put in paper, close the lid. Receipts can be shown on the till meanwhile.",
    zh: "打印机未就绪：请装纸并合上盖子。期间可在收银机上显示小票。",
  },
  activationRequired: {
    en: "The acquirer has not activated this terminal: call its hotline with the terminal number.",
    zh: "收单机构尚未激活该终端：请提供终端号联系其热线。",
  },
  cardReaderDefective: {
    en: "Its card reader is defective: clean it once; if that does not help, have the terminal replaced.",
    zh: "读卡器故障：请先清洁一次；若无效，请更换终端。",
  },
};

const OTHERWISE: Readonly<Record<string, Words>> = {
  degraded: {
    en: "The terminal reports a fault of its own: read its screen; paper, reader and PIN pad are the commonest.",
    zh: "终端报告自身故障：请查看屏幕，常见原因是缺纸、读卡器或密码键盘。",
  },
  offline: {
    en: "It cannot be reached: check power and cable, then restart the terminal.",
    zh: "无法连接终端：请检查电源和线缆，然后重启终端。",
  },
  unknown: {
    en: "It has not answered lately and is being asked again.",
    zh: "终端近期无应答，正在重新询问。",
  },
};

/** `undefined` where nothing needs to be done. */
export function adviceFor({ state, reason }: { readonly state: string; readonly reason: string }): Words | undefined {
  return ["ready", "busy", "idle", "connecting"].includes(state) ? undefined : (ADVICE[reason] ?? OTHERWISE[state]);
}
