import type { CodeEntry } from "../../diagnosis/catalogue/code-entry.ts";
import { type CodeQuestion, explain } from "../../diagnosis/catalogue/explain.ts";
import { explainDevice } from "../../diagnosis/catalogue/explain-device.ts";
import type { CodeProfile } from "../../domain/code-words.ts";
import type { Words } from "../../domain/words.ts";
import { readConfigFile } from "../config-file.ts";
import { BAD_CONFIG } from "../exit-codes.ts";
import type { Output } from "../output.ts";

export interface ExplainOptions {
  readonly mti?: string;
  readonly scheme?: "unionpay" | "visa" | "mastercard";
  readonly profile?: CodeProfile;
  readonly device: boolean;
  readonly config?: string;
  readonly acquirer?: string;
  readonly json: boolean;
  readonly lang: "en" | "zh-CN";
}

const UNKNOWN = 1;

/** @returns 0 when the code is in a list, 1 when nobody knows it, 78 when the config cannot be used. */
export async function explainCode(code: string, options: ExplainOptions, output: Output): Promise<number> {
  const codes = await codesOf(options, output);
  if (typeof codes === "number") return codes;
  const { mti, scheme, profile } = options;
  const entry = options.device
    ? explainDevice(code)
    : explain({
        code,
        ...codes,
        ...(mti === undefined ? {} : { mti }),
        ...(scheme === undefined ? {} : { scheme }),
        ...(profile === undefined ? {} : { profile }),
      });
  if (options.json) output.print(JSON.stringify(entry));
  else for (const line of linesOf(entry, options.lang)) output.print(line);
  return entry.source === "none" ? UNKNOWN : 0;
}

async function codesOf(
  { config: file, acquirer: name }: ExplainOptions,
  output: Output,
): Promise<Pick<CodeQuestion, "profile" | "overrides"> | number> {
  if (file === undefined) return {};
  const config = await readConfigFile(file, "leave --config out to read the general lists", output);
  if (config === undefined) return BAD_CONFIG;
  const acquirer = config.acquirers.find(({ id }) => name === undefined || id === name);
  if (acquirer !== undefined) return acquirer.codes;
  output.complain(`${file} has no such acquirer: ${config.acquirers.map(({ id }) => id).join(", ")}`);
  return BAD_CONFIG;
}

const HEADS = {
  en: { layer: "where", retry: "retry", staff: "staff", technician: "technician", hq: "headquarters" },
  zh: { layer: "所在", retry: "重试", staff: "店员", technician: "技术员", hq: "总部" },
};

function linesOf(entry: CodeEntry, lang: "en" | "zh-CN"): readonly string[] {
  const language: keyof Words = lang === "en" ? "en" : "zh";
  const heads = HEADS[language];
  const { staff, technician, hq } = entry.advice;
  return [
    `${entry.code}  ${entry.meaning[language]}  (${entry.source}${entry.category === undefined ? "" : `, ${entry.category}`})`,
    `${heads.layer}: ${entry.layer}   ${heads.retry}: ${entry.retry}${waitOf(entry)}`,
    `${heads.staff}: ${staff[language]}`,
    `${heads.technician}: ${technician[language]}`,
    `${heads.hq}: ${hq[language]}`,
  ];
}

function waitOf({ waitS, waitUntil }: CodeEntry): string {
  if (waitUntil !== undefined) return ` (${waitUntil})`;
  return waitS === undefined ? "" : ` (${waitS} s)`;
}
