import type { HuntDoubt, HuntVerdict } from "../../../domain/hunt.ts";
import type { Words } from "../../../domain/words.ts";

type Row = readonly [en: string, enAdvice: string, zh: string, zhAdvice: string];

// prettier-ignore
const RESULTS: Readonly<Record<"better" | "same" | "worse", Row>> = {
  better: ["While it is off the channel is better: it disturbs.", "Switch it on and off once more to be surer. Then move it away, put it on another circuit, or use a shielded cable.", "关闭它时信道更好：它是干扰源。", "再开关一次以便更确定。然后把它移开、换用其他电路，或使用屏蔽线。"],
  same: ["It makes no difference.", "Leave it as it was, and try the next suspect.", "没有区别。", "恢复原状，再试下一个可疑设备。"],
  worse: ["While it is off the channel is worse.", "It is not the source. See whether the channel needs it, as an access point, hub or supply.", "关闭它时信道更差。", "它不是干扰源。检查信道是否依赖它，例如接入点、集线器或电源。"],
};

// prettier-ignore
const DOUBTS: Readonly<Record<HuntDoubt, Row>> = {
  tooShort: ["Too few seconds were read before or after the change.", "Wait at least 20 seconds before and after each change; a modem needs two minutes and a half.", "变更前后读取的秒数太少。", "每次变更前后至少等待 20 秒；调制解调器需要两分半钟。"],
  noTraffic: ["Too little goes over the channel.", "Let payments or status questions run meanwhile, and begin again.", "信道上的流量太少。", "同时进行交易或状态查询，然后重新开始。"],
  differentLoad: ["The shop's own traffic changed in the meantime.", "Repeat it with the same traffic before and after.", "期间店内自身流量发生了变化。", "在前后流量相同的情况下重试。"],
  notClear: ["What was read fits both.", "Wait longer on each side of the change, or switch it once more.", "读数不足以区分。", "变更前后各多等一会儿，或再开关一次。"],
  contradiction: ["The same change did not do the same each time.", "Something else changes meanwhile. Look for it, and repeat: off, on, off, on.", "相同的变更每次结果不一致。", "期间还有其他变化。找出它并重复：关、开、关、开。"],
};

type Found = Pick<HuntVerdict, "result" | "because">;

export function verdictText(found: Found): Words {
  const [en, , zh] = rowOf(found);
  return { en, zh };
}

export function verdictAdvice(found: Found): Words {
  const [, en, , zh] = rowOf(found);
  return { en, zh };
}

function rowOf({ result, because = "notClear" }: Found): Row {
  return result === "cannotTell" ? DOUBTS[because] : RESULTS[result];
}
