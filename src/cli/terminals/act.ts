import { setTimeout as delay } from "node:timers/promises";
import type { z } from "zod";
import { problemSchema } from "../../contract/http.ts";
import { terminalActionAnswer } from "../../contract/terminal-actions.ts";
import type { TerminalAction } from "../../domain/action.ts";
import type { TerminalId } from "../../domain/terminal.ts";
import type { Output } from "../output.ts";
import { localTime, printable } from "../text.ts";
import { type ActingOptions, ask, CANNOT_ACT, DONE, NOT_DONE, readToken } from "./ask.ts";
import { type Language, TEXTS } from "./words.ts";

/** ms between two questions after something that takes minutes. */
const LOOK_EVERY_MS = 2_000;
/** ms. A terminal's end of day and more. */
const LONGEST_MS = 600_000;

type Answer = z.output<typeof terminalActionAnswer>;

/**
 * Has a running gateway do something with a terminal, and waits for what comes of it.
 *
 * @returns 0 when it is done and went well, 1 when it was refused, failed or is not complete, 2 when this user may not ask, 3
 *   when no gateway answers.
 */
export async function act(
  action: TerminalAction,
  terminal: TerminalId,
  body: object,
  options: ActingOptions,
  output: Output,
): Promise<number> {
  const token = await readToken(options, output);
  if (typeof token === "number") return token;
  const path = `/api/v1/terminals/${terminal}`;
  let asked = await ask(`${path}/${action}`, options, output, { token, body });
  if (typeof asked === "number") return asked;
  if (asked.status >= 400) return refused(asked.status, asked.body, options.lang, output);
  const deadline = performance.now() + LONGEST_MS;
  let answer = answerIn(asked.body);
  if (answer?.state === "running") output.complain(TEXTS[options.lang].stillRunning);
  while (answer?.state === "running" && performance.now() < deadline) {
    await delay(LOOK_EVERY_MS);
    asked = await ask(`${path}/action`, options, output);
    if (typeof asked === "number") return asked;
    if (asked.status === 404) {
      output.complain(TEXTS[options.lang].forgotten);
      return NOT_DONE;
    }
    answer = answerIn(asked.body);
  }
  if (answer === undefined) {
    output.complain(TEXTS[options.lang].notTillgate);
    return NOT_DONE;
  }
  if (options.json) output.print(JSON.stringify(answer));
  else for (const line of lines(answer, options.lang)) output.print(line);
  return isWell(answer) ? DONE : NOT_DONE;
}

function answerIn(body: unknown): Answer | undefined {
  const parsed = terminalActionAnswer.safeParse(body);
  return parsed.success ? parsed.data : undefined;
}

function refused(status: number, body: unknown, lang: Language, output: Output): number {
  const problem = problemSchema.safeParse(body);
  if (!problem.success) {
    output.complain(TEXTS[lang].notTillgate);
    return NOT_DONE;
  }
  const { title, remedy, reasons = [], errors = [] } = problem.data;
  output.complain(`${printable(title)}. ${printable(remedy)}`);
  for (const reason of reasons) output.complain(`  ${printable(withLocalTimes(reason))}`);
  for (const error of errors) output.complain(`  ${printable(error.field)}: ${printable(error.remedy)}`);
  return status === 401 || status === 403 ? CANNOT_ACT : NOT_DONE;
}

function withLocalTimes(text: string): string {
  return text.replace(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, localTime);
}

const WELL: ReadonlySet<string> = new Set(["paused", "resumed", "replaced", "settled", "passed"]);

function isWell({ state, result }: Answer): boolean {
  return state === "done" && result !== undefined && WELL.has(result.outcome) && result.ledgerAgrees !== false;
}

function lines({ state, result, refused: why }: Answer, lang: Language): readonly string[] {
  const texts = TEXTS[lang];
  if (result === undefined) return [state === "running" ? texts.stillRunning : printable(why ?? state)];
  const { outcome, reason, ledgerAgrees, steps = [], carried = [], hostMs } = result;
  const because = reason === undefined ? "" : ` (${reason})`;
  const took = hostMs === undefined ? "" : ` ${Math.round(hostMs)} ms`;
  const inLanguage = (text: { readonly en: string; readonly zh: string }): string =>
    lang === "en" ? text.en : text.zh;
  return [
    ...steps.map(
      (step) =>
        `${texts.results[step.result]}  ${step.id}: ${inLanguage(step.text)}${step.reason === undefined ? "" : ` (${step.reason})`}`,
    ),
    `${texts.outcomes[outcome] ?? outcome}${because}${took}`,
    ...(ledgerAgrees === undefined ? [] : [ledgerAgrees ? texts.ledgerAgrees : texts.ledgerDisagrees]),
    ...carried.map(({ what, count, note }) => `${what} (${count}): ${inLanguage(note)}`),
    ...(steps.some((step) => step.result === "open") ? [texts.answerHint] : []),
  ].map(printable);
}
