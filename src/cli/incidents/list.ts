import type { z } from "zod";
import { incidentsAnswer } from "../../contract/incidents.ts";
import {
  askDesk,
  complainOf,
  type DeskQuery,
  isTokenRefused,
  NOT_PERMITTED,
  NOT_TILLGATE,
  UNREACHABLE,
} from "../in-doubt/desk-client.ts";
import type { Output } from "../output.ts";
import { columns, localTime, printable } from "../text.ts";

const SOME = 1;
type Listed = z.output<typeof incidentsAnswer>["incidents"][number];

/** `incidents list`. @returns 0 when none is open, 1 when one is, 2 when this user may not ask, 3 when no gateway can tell. */
export async function list(
  options: DeskQuery & { readonly all: boolean; readonly json: boolean; readonly lang: string },
  output: Output,
): Promise<number> {
  const response = await askDesk(`/api/v1/incidents?state=${options.all ? "all" : "open"}`, options, output);
  if (typeof response === "number") return response;
  if (!response.ok) {
    await complainOf(response, output);
    return isTokenRefused(response) ? NOT_PERMITTED : UNREACHABLE;
  }
  const answer = incidentsAnswer.safeParse(await response.json().catch(() => undefined));
  if (!answer.success) {
    output.complain(NOT_TILLGATE);
    return UNREACHABLE;
  }
  const { incidents } = answer.data;
  const language = options.lang === "zh-CN" ? "zh" : "en";
  if (options.json) output.print(JSON.stringify(incidents));
  else if (incidents.length === 0) output.print(language === "zh" ? "没有未关闭的事件。" : "No incident is open.");
  else for (const line of linesOf(incidents, language)) output.print(line);
  return incidents.some(({ state }) => state !== "closed") ? SOME : 0;
}

function linesOf(incidents: readonly Listed[], language: "en" | "zh"): readonly string[] {
  const heads = ["N", "SINCE", "SEVERITY", "STATE", "PAYMENTS", "WHERE", "WHAT"];
  const rows = incidents.map(({ n, openedAt, severity, state, payments, place, title }) => [
    String(n),
    localTime(openedAt),
    severity,
    state,
    String(payments),
    printable(Object.values(place).join(" ")),
    title[language],
  ]);
  const advice = incidents
    .filter(({ state }) => state !== "closed")
    .map(({ n, advice: said }) => `${n}: ${said[language]}`);
  return [...columns(heads, rows), ...(advice.length === 0 ? [] : ["", ...advice])];
}
