import { assertNever } from "../../domain/assert-never.ts";
import type { Disturbance, Impact } from "../../domain/impact.ts";
import type { Words } from "../../domain/words.ts";
import { causeReason } from "../interference/cause-texts.ts";
import { faultText } from "../link/fault-texts.ts";

/** In numbers: when, how many of how many, against what is usual, and what was wrong meanwhile. */
export function impactText(found: Omit<Impact, "text">, timeZone: string): Words {
  const { from, to, terminals, payments, unanswered, slow, disturbance } = found;
  const clock = (ms: number): string =>
    new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" }).format(ms);
  const where = terminals.join(", ");
  const meanwhile = disturbanceText(disturbance);
  const slowEn = slow === 0 ? "" : `, ${slow} slow`;
  const slowZh = slow === 0 ? "" : `，${slow} 笔缓慢`;
  const en = to === undefined ? `Since ${clock(from)}` : `${clock(from)} to ${clock(to)}`;
  const zh = to === undefined ? `${clock(from)} 起` : `${clock(from)} 至 ${clock(to)}`;
  return {
    en: `${en}: of ${payments} payments ${unanswered} without an answer${slowEn} (${where}), ${usualEn(found)}, while: ${meanwhile.en}`,
    zh: `${zh}：${payments} 笔付款中 ${unanswered} 笔无应答${slowZh}（${where}），${usualZh(found)}；同时：${meanwhile.zh}`,
  };
}

type Counts = Pick<Impact, "payments" | "unanswered" | "slow" | "usualShare" | "usualOf">;

function timesUsual({ payments, unanswered, slow, usualShare }: Counts): string {
  const times = (unanswered + slow) / payments / usualShare;
  return times < 10 ? times.toFixed(1).replace(/\.0$/, "") : String(Math.round(times));
}

function usualEn(counts: Counts): string {
  return counts.usualShare === 0 ? `usually none of ${counts.usualOf}` : `${timesUsual(counts)} times the usual`;
}

function usualZh(counts: Counts): string {
  return counts.usualShare === 0 ? `平时 ${counts.usualOf} 笔中没有` : `是平时的 ${timesUsual(counts)} 倍`;
}

function disturbanceText(disturbance: Disturbance): Words {
  switch (disturbance.of) {
    case "link": {
      const { reason } = faultText(disturbance.fault);
      const { subject } = disturbance;
      return subject === undefined ? reason : { en: `${subject}: ${reason.en}`, zh: `${subject}：${reason.zh}` };
    }
    case "interference": {
      const { channel, cause, figure } = disturbance;
      const reason = causeReason(cause);
      const said = figure === undefined ? "" : ` (${figure.name} ${figureText(figure.value, figure.unit)})`;
      return { en: `${channel}: ${reason.en}${said}`, zh: `${channel}：${reason.zh}${said}` };
    }
    default:
      return assertNever(disturbance);
  }
}

function figureText(value: number, unit: string): string {
  if (unit === "1") return `${Math.round(value * 1_000) / 10} %`;
  return `${Math.round(value * 10) / 10}${unit === "count" ? "" : ` ${unit}`}`;
}
