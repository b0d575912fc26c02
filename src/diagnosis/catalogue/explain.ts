import type { CodeOverride, CodeProfile } from "../../domain/code-words.ts";
import { adviceFor, adviceOn } from "./advice.ts";
import type { CodeEntry, CodeRow, CodeSource, CodeTopic } from "./code-entry.ts";
import { FOREIGN, ISO, SCHEME } from "./international.ts";
import { PROFILES, REVERSAL_ANSWERS, REVERSAL_REASONS } from "./profiles.ts";
import { UNIONPAY } from "./unionpay.ts";
import { visaCategory } from "./visa-category.ts";

export interface CodeQuestion {
  /** DE39 as on the wire. */
  readonly code: string;
  /** Message type of what carried it, four digits. It alone tells class and direction: without it, an answer to a payment. */
  readonly mti?: string;
  /** Whose card it was, where that is known. */
  readonly scheme?: "unionpay" | "visa" | "mastercard";
  readonly profile?: CodeProfile;
  /** What this acquirer says of its codes, by code. */
  readonly overrides?: Readonly<Record<string, CodeOverride>>;
  /** Card numbers removed. */
  readonly hostText?: string;
}

interface Layer {
  readonly source: CodeSource;
  readonly rows: readonly CodeRow[];
}

/** Seconds. The day is cut over between about 22:55 and 23:15 (reference card-data-and-batch.md, 7.3). */
const CUT_OFF_S = 1200;

/** 04xx with an even third digit goes to the host, with an odd one comes from it (ISO 8583:1987). */
function layersFor({ mti, scheme, profile = "standard" }: CodeQuestion): readonly Layer[] {
  const reversal = mti?.[1] === "4";
  if (reversal && isRequest(mti)) return [{ source: "reversal", rows: REVERSAL_REASONS }];
  const foreign = scheme === "visa" || scheme === "mastercard";
  return [
    { source: "reversal", rows: reversal ? REVERSAL_ANSWERS : [] },
    { source: "profile", rows: PROFILES[profile] },
    { source: "scheme", rows: foreign ? SCHEME : [] },
    { source: "unionpay", rows: UNIONPAY },
    { source: "international", rows: FOREIGN },
    { source: "iso8583", rows: ISO },
  ];
}

function isRequest(mti: string): boolean {
  return Number(mti[2]) % 2 === 0;
}

/**
 * What a response code means here: the acquirer's own word, then its profile, then the card's scheme, then UnionPay's list,
 * then the international ones. Never guesses: a code in no list is `unknown`, and its texts are kept.
 */
export function explain(question: CodeQuestion): CodeEntry {
  const { code, hostText } = question;
  const told = hostText === undefined ? {} : { hostText };
  const isReason = question.mti?.[1] === "4" && isRequest(question.mti);
  const override = isReason ? undefined : question.overrides?.[code];
  if (override !== undefined) return { ...fromOverride(code, override), ...told };
  for (const { source, rows } of layersFor(question)) {
    const row = rows.find(([known]) => known === code);
    if (row !== undefined) return { ...entryOf(row, source), ...told };
  }
  return { ...unknownCode(code), ...told };
}

export function entryOf([code, category, layer, retry, topics, en, zh]: CodeRow, source: CodeSource): CodeEntry {
  const isDe39 = source !== "reversal" && source !== "device";
  const visa = isDe39 && layer !== "none" ? visaCategory(code) : undefined;
  return {
    code,
    source,
    ...(category === "-" ? {} : { category }),
    layer,
    meaning: { en, zh },
    topics: topics.split(" ").filter(isTopic),
    retry,
    ...(isDe39 && code === "90" ? { waitS: CUT_OFF_S } : {}),
    ...(layer === "limit" && retry === "retryLater" ? { waitUntil: "nextDay" } : {}),
    ...(visa === undefined ? {} : { visaCategory: visa }),
    pointlessToRepeat: visa === 1 || retry === "keepCard" || retry === "noRetry",
    // Special words were written for UnionPay's meaning of the number.
    advice: source === "unionpay" ? adviceOn(code, layer, retry) : adviceFor(layer, retry),
  };
}

const TOPICS: readonly string[] = ["M", "T", "F", "P", "X", "Xt", "Xn", "Xd", "Xh", "Xo"] satisfies CodeTopic[];

function isTopic(word: string): word is CodeTopic {
  return TOPICS.includes(word);
}

function fromOverride(code: string, { meaning, layer, retry }: CodeOverride): CodeEntry {
  return {
    code,
    source: "override",
    layer,
    meaning,
    topics: [],
    retry,
    pointlessToRepeat: retry === "keepCard" || retry === "noRetry",
    advice: adviceFor(layer, retry),
  };
}

function unknownCode(code: string): CodeEntry {
  return {
    code,
    source: "none",
    layer: "unknown",
    meaning: {
      en: `Code ${code} is in no list: not known whether money moved`,
      zh: `代码 ${code} 不在任何代码表中：无法判断是否已扣款`,
    },
    topics: [],
    retry: "escalateAcquirer",
    pointlessToRepeat: false,
    advice: adviceFor("unknown", "escalateAcquirer"),
  };
}
