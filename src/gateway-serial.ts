import { performance } from "node:perf_hooks";
import { isRelayed } from "./config/terminal-schema.ts";
import type { InterferenceVerdict } from "./domain/interference.ts";
import type { TerminalOnLine } from "./domain/line-view.ts";
import type { TerminalId, TerminalView } from "./domain/terminal.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import type { GatewayTerminals } from "./gateway-terminals.ts";
import { hoursOfWeek } from "./health/interference/serial/hour-of-week.ts";
import { channelOf, SerialLines } from "./health/interference/serial/serial-lines.ts";
import type { InterferenceWatch } from "./health/interference/interference-watch.ts";
import type { BelievedClock } from "./runtime/believed-clock.ts";

/** The serial lines of the config's terminals; `undefined` where there are none, or nothing of them is to be read. */
export function gatewaySerial(
  config: GatewayConfig,
  driven: Pick<GatewayTerminals["supervised"], "counters">,
  clock: BelievedClock,
): SerialLines | undefined {
  const { site, link } = config;
  const onSerial = terminalsOnSerial(config);
  if (onSerial.length === 0 || link.interference === "off") return undefined;
  let before = performance.eventLoopUtilization();
  return new SerialLines(onSerial, {
    counters: () => driven.counters(),
    monotonicMs: () => clock.monotonicMs(),
    now: () => (clock.isPlausible ? clock.now() : undefined),
    hourOfWeek: hoursOfWeek(site.timezone),
    busy: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
  });
}

/** Those of the config that tillgate drives over a serial line. */
export function terminalsOnSerial({ terminals }: GatewayConfig): readonly TerminalId[] {
  return terminals.flatMap((terminal) =>
    isRelayed(terminal) || !("link" in terminal) || terminal.link.serial === undefined ? [] : [terminal.id],
  );
}

/** A terminal with its line's counters, and with what is thought of them. */
export function withLine(
  view: TerminalView,
  lines: SerialLines | undefined,
  interference: InterferenceWatch | undefined,
): TerminalOnLine {
  const line = lines?.view(view.terminal);
  if (line === undefined) return view;
  const name = channelOf(view.terminal);
  const verdict: InterferenceVerdict | undefined = interference
    ?.view()
    .find(({ channel }) => channel === name)?.verdict;
  return { ...view, line: { ...line, ...(verdict === undefined ? {} : { verdict: withoutSince(verdict) }) } };
}

function withoutSince({ cause, confidence, evidence, advice, next }: InterferenceVerdict): InterferenceVerdict {
  return { cause, confidence, evidence, advice, ...(next === undefined ? {} : { next }) };
}
