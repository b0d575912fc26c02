import type { HealthNode } from "../domain/health.ts";
import { styleText } from "node:util";
import type { z } from "zod";
import { healthAnswer } from "../contract/http.ts";
import { assertNever } from "../domain/assert-never.ts";
import { healthLines, type HealthStatus } from "../domain/health.ts";
import type { Output } from "./output.ts";
import { exposureTable, readExposure } from "./exposure-table.ts";
import { linkLines, readLink } from "./link-lines.ts";
import type { Language } from "./terminals/words.ts";
import { columns, localTime, printable } from "./text.ts";

export interface StatusOptions {
  /** Of the gateway's local endpoint. */
  readonly url: string;
  readonly json: boolean;
  /** Of what is said about the line; the health tree is in English. */
  readonly lang: Language;
}

const UNREACHABLE = 3;
/** ms. The endpoint gives up an answer after 10 s. */
const ANSWER_WITHIN_MS = 12_000;

const COLOURS = { pass: "green", unknown: "gray", warn: "yellow", fail: "red" } as const satisfies Record<
  HealthStatus,
  string
>;

/** `tillgate status`. @returns 0 pass, 1 warn or unknown, 2 fail, 3 when no gateway answers there. */
export async function status({ url, json, lang }: StatusOptions, output: Output): Promise<number> {
  let answer: Answer;
  try {
    answer = await askHealth(url);
  } catch (error) {
    output.complain(`No gateway answers at ${url}: ${reasonOf(error)}`);
    output.complain("Is it running (systemctl status tillgate)? Is http.listen in its config another address?");
    return UNREACHABLE;
  }
  const link = readLink(await askBeside(url, "/api/v1/link"));
  if (json) {
    output.print(JSON.stringify(link === undefined ? answer : { ...answer, link }));
    return exitCode(answer.status);
  }
  const theLine = link === undefined ? [] : linkLines(link, lang);
  for (const line of [...table(answer, output.hasColours), ...theLine, ...(await moneyAtRisk(url))]) output.print(line);
  return exitCode(answer.status);
}

type Answer = z.output<typeof healthAnswer>;

async function moneyAtRisk(url: string): Promise<readonly string[]> {
  const message = readExposure(await askBeside(url, "/api/v1/exposure"));
  return message === undefined ? [] : exposureTable(message);
}

/** `undefined` while the gateway does not know, or when it is of another version: the health tree says so itself. */
async function askBeside(url: string, path: string): Promise<unknown> {
  try {
    const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return await response.json();
  } catch {
    return undefined;
  }
}

async function askHealth(url: string): Promise<Answer> {
  const response = await fetch(new URL("/health", url), { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  const parsed = healthAnswer.safeParse(await response.json());
  if (!parsed.success) throw new Error("what answers there is not a tillgate of this version");
  return parsed.data;
}

/** fetch says "fetch failed" and keeps the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${ANSWER_WITHIN_MS / 1_000} s`;
  return error.cause instanceof Error ? reasonOf(error.cause) : printable(error.message);
}

function observed({ observedValue, observedUnit = "" }: HealthNode): string {
  if (observedValue === undefined) return "";
  // `1` is the unit of ratios (UCUM); people read a share.
  if (observedUnit === "1" && typeof observedValue === "number") return `${Math.round(observedValue * 1_000) / 10} %`;
  return printable(`${observedValue} ${observedUnit}`.trim());
}

function table(answer: Answer, hasColours: boolean): readonly string[] {
  const lines = healthLines(answer);
  const rows = lines.map(({ node, depth }) => [
    node.status.toUpperCase(),
    `${"  ".repeat(depth)}${printable(node.name)}`,
    observed(node),
    node.since === undefined ? "" : localTime(node.since),
    printable(node.reason ?? ""),
  ]);
  const [heads = "", ...texts] = columns(["STATUS", "PART", "OBSERVED", "SINCE", "WHY"], rows);
  const body = texts.flatMap((text, index) => {
    const node = lines[index]?.node;
    if (node === undefined) return [text];
    const shown = hasColours ? coloured(text, node.status) : text;
    // A whole repeats the advice of the part that decides: once is enough.
    return node.advice === undefined || node.parts !== undefined
      ? [shown]
      : [shown, `          -> ${printable(node.advice)}`];
  });
  return [
    `${printable(answer.serviceId)}, tillgate ${printable(answer.version)}, ${localTime(answer.asOf)}`,
    "",
    heads,
    ...body,
  ];
}

function coloured(line: string, nodeStatus: HealthStatus): string {
  const word = nodeStatus.toUpperCase();
  return styleText(COLOURS[nodeStatus], word, { validateStream: false }) + line.slice(word.length);
}

function exitCode(found: HealthStatus): number {
  switch (found) {
    case "pass":
      return 0;
    case "unknown":
    case "warn":
      return 1;
    case "fail":
      return 2;
    default:
      return assertNever(found);
  }
}
