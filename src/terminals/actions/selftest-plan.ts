import type { Words } from "../../domain/words.ts";

/** One thing to be tried or looked at. */
export interface SelftestStep {
  /** Stable; answers name it. */
  readonly id: string;
  /** `status`, `diagnosis` and `presence` tillgate tries by itself; `person` needs a technician's yes or no. */
  readonly kind: "status" | "diagnosis" | "presence" | "person";
  readonly text: Words;
}

const STATUS: SelftestStep = {
  id: "status",
  kind: "status",
  text: { en: "The terminal answers and says how it is.", zh: "终端有应答并报告自身状态。" },
};

/** A reader that is only there: whoever holds the link open has seen it. */
const PRESENCE: SelftestStep = {
  id: "presence",
  kind: "presence",
  text: { en: "The device is plugged in and can be opened.", zh: "设备已连接并可打开。" },
};

const DIAGNOSIS: SelftestStep = {
  id: "diagnosis",
  kind: "diagnosis",
  text: { en: "The terminal reaches its host.", zh: "终端能连通其主机。" },
};

function person(id: string, en: string, zh: string): SelftestStep {
  return { id, kind: "person", text: { en, zh } };
}

/** Those that talk to their acquirer by themselves: tillgate sees their bytes and cannot ask them anything. */
const RELAY: readonly SelftestStep[] = [
  person("power", "The terminal is on, and its screen shows no fault.", "终端已开机，屏幕没有故障提示。"),
  person("cable", "Its network cable or its Wi-Fi shows a link.", "网线或无线网络显示已连接。"),
  person(
    "route",
    "In its network settings the host address is this gateway's, not the acquirer's own.",
    "终端网络设置中的主机地址是本网关，而不是收单机构自己的地址。",
  ),
  person("signIn", "A sign-in from the terminal's menu succeeds.", "在终端菜单中签到成功。"),
  person("reader", "A card is recognised when inserted, tapped and swiped.", "插卡、挥卡、刷卡均能识别。"),
  person("printer", "It prints a test slip that can be read.", "能打印清晰的测试单。"),
];

const PLANS: Readonly<Record<string, readonly SelftestStep[]>> = {
  zvt: [STATUS, DIAGNOSIS],
  ecr: [STATUS],
  hid: [PRESENCE],
  relay: RELAY,
};

/** @param family  One that is not known is only asked how it is. */
export function selftestPlan(family: string): readonly SelftestStep[] {
  return PLANS[family] ?? [STATUS];
}
