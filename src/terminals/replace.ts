import type { OpenItem } from "./open-items.ts";
import type { Words } from "../domain/words.ts";

/** Why a terminal cannot be replaced now, and what to do about it. */
export interface ReplacementBlock {
  readonly what:
    | "sameTerminal"
    | "newUnknown"
    | "oldUnknown"
    | "alreadyReplaced"
    | "otherMerchant"
    | "inUse"
    | "inDoubt"
    | "unsettled"
    | "newDisabled";
  readonly count?: number;
  readonly remedy: Words;
}

/** What stays to be done under the new terminal's name. */
export interface Carried {
  readonly what: OpenItem["what"];
  readonly count: number;
  readonly note: Words;
}

export interface ReplacementPlan {
  readonly blocks: readonly ReplacementBlock[];
  readonly carried: readonly Carried[];
}

export interface ReplacementFacts {
  readonly oldTerminal: string;
  readonly newTerminal: string;
  /** The config names it, or the ledger knows of it. */
  readonly isOldKnown: boolean;
  /** Who replaced it already. */
  readonly oldReplacedBy?: string;
  readonly isNewKnown: boolean;
  readonly isNewDisabled: boolean;
  /** The config has both, with different merchants. */
  readonly isOtherMerchant: boolean;
  /** A payment or a question is under way on it. */
  readonly isOldInUse: boolean;
  /** It can still be asked, and told to close its batch. */
  readonly canOldBeAsked: boolean;
  readonly open: readonly OpenItem[];
  /** Of those that the old one had replaced itself: nobody can be asked about them any more. */
  readonly inherited: readonly OpenItem[];
}

const REMEDY: Readonly<Record<ReplacementBlock["what"], Words>> = {
  sameTerminal: { en: "Name two different terminals.", zh: "请指定两台不同的终端。" },
  newUnknown: {
    en: "Put the new terminal into the config first, and start tillgate again.",
    zh: "请先在配置中加入新终端并重新启动 tillgate。",
  },
  oldUnknown: {
    en: "No terminal of that name is in the config or in the ledger: check the spelling.",
    zh: "配置和台账中没有该名称的终端：请检查拼写。",
  },
  alreadyReplaced: {
    en: "It was replaced before: replace its successor instead.",
    zh: "该终端此前已被更换：请更换其接替终端。",
  },
  otherMerchant: {
    en: "It takes money for another merchant: give both the same merchant in the config if they have it, else set up a new terminal of this one.",
    zh: "新终端属于另一商户：若实为同一商户，请在配置中改为一致；否则请使用本商户的终端。",
  },
  inUse: { en: "Wait until what runs on it has ended.", zh: "请等待其当前业务结束。" },
  inDoubt: {
    en: "It can still tell what became of these: let the in-doubt desk ask it, or have a supervisor decide, then try again.",
    zh: "旧终端仍可查询这些交易的结果：请先由存疑处理查询，或由主管裁定，然后重试。",
  },
  unsettled: {
    en: "Run its end of day first (settle): it can still do that.",
    zh: "请先在旧终端上执行日终结算（settle）。",
  },
  newDisabled: {
    en: "The new terminal cannot be used itself: see its reason, mend that first.",
    zh: "新终端本身不可用：请先查看并处理其原因。",
  },
};

const NOTE: Readonly<Record<OpenItem["what"], Words>> = {
  inDoubt: {
    en: "The old terminal can no longer be asked: a supervisor decides by the acquirer's word. Nothing is repeated on the new one.",
    zh: "旧终端已无法查询：由主管根据收单机构的答复裁定。新终端不会重做这些交易。",
  },
  hold: {
    en: "Complete or cancel these holds by receipt number and authorisation code; where the new terminal refuses, through the acquirer's hotline before they expire.",
    zh: "请凭凭证号和授权码完成或撤销这些预授权；若新终端拒绝，请在到期前联系收单机构热线。",
  },
  unsettled: {
    en: "The old terminal's batch could not be closed: have the acquirer confirm these amounts.",
    zh: "旧终端的批次无法结算：请收单机构确认这些金额。",
  },
};

/**
 * What stands in the way of replacing a terminal, and what goes over to the new one. While the old one can be asked, it has
 * to end what only it can end.
 */
export function planReplacement(facts: ReplacementFacts): ReplacementPlan {
  const blocks: ReplacementBlock[] = [];
  const block = (what: ReplacementBlock["what"], count?: number): void => {
    blocks.push({ what, remedy: REMEDY[what], ...(count === undefined ? {} : { count }) });
  };
  if (facts.oldTerminal === facts.newTerminal) block("sameTerminal");
  if (!facts.isOldKnown) block("oldUnknown");
  if (!facts.isNewKnown) block("newUnknown");
  if (facts.isNewDisabled) block("newDisabled");
  if (facts.isOtherMerchant) block("otherMerchant");
  if (facts.oldReplacedBy !== undefined) block("alreadyReplaced");
  if (facts.isOldInUse) block("inUse");
  const carried: Carried[] = [];
  for (const what of ["inDoubt", "hold", "unsettled"] as const) {
    const [own, inherited] = [facts.open, facts.inherited].map(
      (all) => all.filter((item) => item.what === what).length,
    );
    const isOldsToEnd = what !== "hold" && facts.canOldBeAsked;
    if (isOldsToEnd && own !== undefined && own > 0) block(what, own);
    const count = (isOldsToEnd ? 0 : (own ?? 0)) + (inherited ?? 0);
    if (count > 0) carried.push({ what, count, note: NOTE[what] });
  }
  return { blocks, carried };
}
