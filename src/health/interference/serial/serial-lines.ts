import type { Instant } from "../../../domain/clock.ts";
import type { ChannelProbe, ChannelReport } from "../../../domain/interference.ts";
import type { LineView } from "../../../domain/line-view.ts";
import type { TerminalId } from "../../../domain/terminal.ts";
import { type Counters, ratio } from "../counters.ts";
import { lastDay, lastHour, spoiltIn, framesIn } from "./line-book.ts";
import { hasJustRisen, judgeLine, type LineMemory, NEW_LINE, type Others, seeLine, standing } from "./serial-judge.ts";
import { worstHour } from "./worst-hour.ts";

export interface SerialLinesDeps {
  /** Of drivers and their supervision, by terminal, since they were made. */
  readonly counters: () => ReadonlyMap<TerminalId, Counters>;
  /** ms. */
  readonly monotonicMs: () => number;
  /** Absent while the clock is not to be believed. */
  readonly now: () => Instant | undefined;
  readonly hourOfWeek: (at: Instant) => number;
  /** Share of the time since it was asked last in which this process was busy, 0..1. */
  readonly busy: () => number;
}

const EVERY_MS = 15_000;

/** The terminals on serial lines: their protocol's own counters, judged line by line and against each other. */
export class SerialLines implements ChannelProbe {
  readonly kind = "serial";
  readonly everyMs = EVERY_MS;
  readonly #deps: SerialLinesDeps;
  readonly #lines: Map<TerminalId, LineMemory>;

  /** @param terminals  Those of the config that have a serial line. */
  constructor(terminals: readonly TerminalId[], deps: SerialLinesDeps) {
    this.#deps = deps;
    this.#lines = new Map(terminals.map((terminal) => [terminal, NEW_LINE]));
  }

  async look(): Promise<readonly ChannelReport[]> {
    const { counters, monotonicMs, now, hourOfWeek, busy } = this.#deps;
    const [at, all, wall, share] = [monotonicMs(), counters(), now(), busy()];
    const hour = wall === undefined ? {} : { hourOfWeek: hourOfWeek(wall) };
    for (const [terminal, before] of this.#lines) {
      const reading = { at, counters: all.get(terminal) ?? {}, busy: share, ...hour };
      this.#lines.set(terminal, seeLine(before, reading));
    }
    return [...this.#lines].map(([terminal, memory]) => this.#report(terminal, memory, at));
  }

  /** Without the verdict: that is told by whoever knows the other channels. `undefined` for a terminal without such a line. */
  view(terminal: TerminalId): Omit<LineView, "verdict"> | undefined {
    const memory = this.#lines.get(terminal);
    if (memory === undefined) return undefined;
    const at = this.#deps.monotonicMs();
    const hour = lastHour(memory.book, at);
    const counts = { ...hour };
    const frameErrorRate = ratio(spoiltIn(counts), framesIn(counts));
    const worst = worstHour(memory.book);
    return {
      lastHour: hour,
      lastDay: lastDay(memory.book, at),
      ...(frameErrorRate === undefined ? {} : { frameErrorRate: Math.round(frameErrorRate * 1e4) / 1e4 }),
      ...(worst === undefined ? {} : { worstHour: worst }),
    };
  }

  #report(terminal: TerminalId, memory: LineMemory, at: number): ChannelReport {
    const { figures, verdict } = judgeLine(memory, this.#others(terminal, at), at);
    const hour = lastHour(memory.book, at);
    const isUnheard = hour.framesReceived + hour.garbageBytes + hour.checksumFaults + hour.truncatedFrames === 0;
    return {
      channel: channelOf(terminal),
      kind: "serial",
      terminal,
      figures: isUnheard ? {} : figures,
      risen: hasJustRisen(memory, at),
      ...(isUnheard ? { unread: UNHEARD } : {}),
      ...(verdict === undefined ? {} : { verdict }),
    };
  }

  /** One damaged line is enough to say that it is not this one cable; that all are clean needs one that carries much. */
  #others(terminal: TerminalId, at: number): Others {
    const found = [...this.#lines].filter(([other]) => other !== terminal).map(([, memory]) => standing(memory, at));
    if (found.includes("damaged")) return "damaged";
    return found.includes("clean") ? "clean" : "unknown";
  }
}

export function channelOf(terminal: TerminalId): string {
  return `serial:${terminal}`;
}

const UNHEARD = {
  en: "Nothing has come over this line in the last hour: see the terminal itself.",
  zh: "最近一小时该线路没有收到任何数据：请查看终端本身。",
};
