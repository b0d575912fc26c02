import type { z } from "zod";
import { terminalsAnswer } from "../../contract/http.ts";
import type { Output } from "../output.ts";
import { columns, localTime, printable } from "../text.ts";
import { ask, DONE, type GatewayOptions, NOT_DONE } from "./ask.ts";
import { type Language, TEXTS } from "./words.ts";

/** `terminals list`. @returns 0; 1 when what answers there is no tillgate of this version; 3 when nothing does. */
export async function list(options: GatewayOptions, output: Output): Promise<number> {
  const answer = await ask("/api/v1/terminals", options, output);
  if (typeof answer === "number") return answer;
  const parsed = terminalsAnswer.safeParse(answer.body);
  if (!parsed.success) {
    output.complain(TEXTS[options.lang].notTillgate);
    return NOT_DONE;
  }
  const { terminals } = parsed.data;
  if (options.json) output.print(JSON.stringify(parsed.data));
  else if (terminals.length === 0) output.print(TEXTS[options.lang].noTerminals);
  else for (const line of table(terminals, options.lang)) output.print(line);
  return DONE;
}

type Terminal = z.output<typeof terminalsAnswer>["terminals"][number];

function table(terminals: readonly Terminal[], lang: Language): readonly string[] {
  const rows = terminals.map((one) => row(one, lang));
  const [heads = "", ...lines] = columns(TEXTS[lang].heads, rows);
  return [
    heads,
    ...lines.flatMap((line, index) => {
      const { advice, found } = terminals[index] ?? {};
      return [
        line,
        ...(found === undefined ? [] : [`          ${printable(found)}`]),
        ...(advice === undefined ? [] : [`          -> ${printable(lang === "en" ? advice.en : advice.zh)}`]),
      ];
    }),
  ];
}

function row(terminal: Terminal, lang: Language): readonly string[] {
  const { state, since, family, group, utilisation, counts, reason = "", pause } = terminal;
  const why = pause === undefined ? reason : `${pause.reason} (${pause.who}${until(pause.until)})`;
  return [
    terminal.terminal,
    state === undefined ? TEXTS[lang].relayed : TEXTS[lang].states[state],
    since === undefined ? "" : localTime(since),
    family ?? "",
    group ?? "",
    utilisation === undefined ? "" : `${Math.round(utilisation.lastHour * 100)} %`,
    counts === undefined ? "" : String(counts.transactions),
    why,
  ].map(printable);
}

function until(time: string | undefined): string {
  return time === undefined ? "" : `, → ${localTime(time)}`;
}
