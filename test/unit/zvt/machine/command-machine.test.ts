import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assertNever } from "../../../../src/domain/assert-never.ts";
import { encodeApdu } from "../../../../src/drivers/zvt/codec/apdu.ts";
import type { Message } from "../../../../src/drivers/zvt/codec/messages.ts";
import {
  type CommandEffect,
  type CommandInput,
  type CommandPlan,
  type CommandState,
  IDLE,
  stepCommand,
} from "../../../../src/drivers/zvt/machine/command-machine.ts";
import { asHex } from "../codec/bytes.ts";

const TIMINGS = { ackMs: 0, t3Ms: 5000, t4Ms: 180_000 };
const ORDER: CommandPlan = { apdu: encodeApdu(0x0601), repeatable: false, completes: true };
const QUESTION: CommandPlan = { apdu: encodeApdu(0x0501), repeatable: true, completes: true };
const ABORT: CommandPlan = { apdu: encodeApdu(0x06b0), repeatable: true, completes: false };

const POSITIVE: Message = { type: "positive" };
const WAIT: Message = { type: "negative", code: 0x9c };
const COMPLETION: Message = { type: "completion", completion: { status: {} } };
const STATUS: Message = { type: "status", status: { result: 0 } };

function start(plan: CommandPlan): CommandInput {
  return { type: "start", plan };
}

function says(message: Message): CommandInput {
  return { type: "message", message };
}

/** Effects in short, of each input. */
function play(...inputs: readonly CommandInput[]): {
  readonly state: CommandState;
  readonly shown: readonly string[][];
} {
  let state = IDLE;
  const shown = inputs.map((input) => {
    const step = stepCommand(state, input, TIMINGS);
    state = step.state;
    return step.effects.map(short);
  });
  return { state, shown };
}

function short(effect: CommandEffect): string {
  switch (effect.do) {
    case "send":
      return `send ${asHex(effect.apdu)}`;
    case "setTimer":
      return `${effect.timer} ${effect.ms}`;
    case "clearTimers":
      return "clear";
    case "tell":
      return `tell ${effect.message.type}`;
    case "late":
      return `late ${effect.status.result}`;
    case "end":
      return `end ${effect.end.type}`;
    case "count":
      return effect.what;
    default:
      return assertNever(effect);
  }
}

describe("one command", () => {
  test("a payment from 06 01 to 06 0F: every message of the terminal is answered and starts T4 anew", () => {
    const { shown, state } = play(
      start(ORDER),
      says(POSITIVE),
      says({ type: "intermediate", code: 0x0a }),
      says(STATUS),
      says({ type: "printLine", attribute: 0, line: "x", feed: 1 }),
      says({ type: "setDateTime" }),
      says(COMPLETION),
    );
    expect(shown).toEqual([
      ["send 060100", "T3 5000"],
      ["clear", "T4 180000", "tell positive"],
      ["send 800000", "T4 180000", "tell intermediate"],
      ["send 800000", "T4 180000", "tell status"],
      ["send 800000", "T4 180000", "tell printLine"],
      ["send 800000", "T4 180000", "tell setDateTime"],
      ["send 800000", "clear", "end completed"],
    ]);
    expect(state).toEqual(IDLE);
  });

  test("minutes in an intermediate status are the T4 from then on", () => {
    const { shown } = play(
      start(ORDER),
      says(POSITIVE),
      says({ type: "intermediate", code: 0x0a, minutes: 7 }),
      says({ type: "intermediate", code: 0x04 }),
    );
    expect(shown[2]).toContain("T4 420000");
    expect(shown[3]).toContain("T4 420000");
  });

  test("an order that the terminal cannot take now is refused, and never sent again", () => {
    expect(play(start(ORDER), says(WAIT)).shown[1]).toEqual(["clear", "end refused"]);
  });

  test("a question is asked again after two seconds, three times at most", () => {
    const again: CommandInput = { type: "timer", timer: "again" };
    const round = [says(WAIT), again];
    const { shown } = play(start(QUESTION), ...round, ...round, ...round, says(WAIT));
    expect(shown[1]).toEqual(["clear", "again 2000"]);
    expect(shown[2]).toEqual(["send 050100", "T3 5000", "repeatedCommands"]);
    expect(shown.flat().filter((each) => each === "send 050100")).toHaveLength(4);
    expect(shown.at(-1)).toEqual(["clear", "end refused"]);
  });

  test("on a serial line T3 runs from the command's ACK", () => {
    const timings = { ...TIMINGS, ackMs: 15_000 };
    const sent = stepCommand(IDLE, start(ORDER), timings);
    expect(sent.effects.map(short)).toContain("T3 20000");
    expect(stepCommand(sent.state, { type: "acknowledged" }, timings).effects.map(short)).toEqual(["T3 5000"]);
    expect(stepCommand(IDLE, { type: "acknowledged" }, timings).effects).toEqual([]);
  });

  test("a command without a completion ends with its 80 00", () => {
    expect(play(start(ABORT), says(POSITIVE)).shown[1]).toEqual(["clear", "end taken"]);
  });

  test("84 00 takes a command as 80 00 does", () => {
    expect(play(start(ORDER), says({ type: "negative", code: 0 })).state.at).toBe("running");
  });

  test.each([
    ["T3", [start(ORDER)]],
    ["T4", [start(ORDER), says(POSITIVE)]],
  ] as const)("%s without a word ends it", (timer, inputs) => {
    expect(play(...inputs, { type: "timer", timer }).shown.at(-1)).toEqual(["clear", "end silent"]);
  });

  test("the abort goes out while the terminal is master, once, and its answer is not taken for anything else", () => {
    const { shown, state } = play(start(ORDER), says(POSITIVE), { type: "abort" }, { type: "abort" }, says(POSITIVE));
    expect(shown.slice(2)).toEqual([["send 06b000"], [], []]);
    expect(state.at).toBe("running");
  });

  test("an abort before the terminal has taken the order waits for that", () => {
    const { shown } = play(start(ORDER), { type: "abort" }, says(POSITIVE));
    expect(shown[1]).toEqual([]);
    expect(shown[2]).toEqual(["clear", "T4 180000", "tell positive", "send 06b000"]);
  });

  test("dial-up and what we do not know is refused, and the command goes on", () => {
    const { shown } = play(
      start(ORDER),
      says(POSITIVE),
      says({ type: "dialUp" }),
      says({ type: "unknown", command: 0x0699 }),
    );
    expect(shown[2]).toEqual(["send 848300", "refusedRequests", "T4 180000", "tell dialUp"]);
    expect(shown[3]).toContain("send 848300");
  });

  test("a result that no command waits for is told as late", () => {
    const effects = ["send 800000", "strayMessages", "late 0"];
    expect(play(says(STATUS)).shown).toEqual([effects]);
    expect(play(start(ORDER), says(STATUS)).shown[1]).toEqual(effects);
  });

  test.each([COMPLETION, { type: "abort", code: 0x6c, status: {} } as const])(
    "what belongs to no command, $type, is answered and not believed",
    (message) => {
      expect(play(says(message)).shown).toEqual([["send 800000", "strayMessages"]]);
      expect(play(start(ORDER), says(message)).shown[1]).toEqual(["send 800000", "strayMessages"]);
    },
  );

  test("a terminal that talks without end is given up", () => {
    const talk = Array.from({ length: 5001 }, () => says({ type: "intermediate", code: 0x0e }));
    expect(play(start(ORDER), says(POSITIVE), ...talk).shown.at(-1)).toEqual(["clear", "end silent"]);
  });

  test("whatever comes in whatever order, an order goes out once and ends at most once", () => {
    const inputs = fc.constantFrom<CommandInput>(
      says(POSITIVE),
      says(WAIT),
      says({ type: "negative", code: 0x83 }),
      says(COMPLETION),
      says(STATUS),
      says({ type: "abort", code: 0x6c, status: {} }),
      says({ type: "intermediate", code: 0x04 }),
      says({ type: "dialUp" }),
      { type: "abort" },
      { type: "timer", timer: "T3" },
      { type: "timer", timer: "T4" },
      { type: "timer", timer: "again" },
    );
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 30 }), (list) => {
        const shown = play(start(ORDER), ...list).shown.flat();
        expect(shown.filter((each) => each === "send 060100")).toHaveLength(1);
        expect(shown.filter((each) => each.startsWith("end ")).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("an abort whose answer comes after its command has ended", () => {
  const CALL_BACK: CommandInput = { type: "abort" };
  const T3: CommandInput = { type: "timer", timer: "T3" };
  const crossed = [start(ORDER), says(POSITIVE), CALL_BACK, says(COMPLETION)] as const;
  const NO: Message = { type: "negative", code: 0x83 };

  test("its 84 xx is no refusal of the next order", () => {
    const { state, shown } = play(...crossed, start(ORDER), says(NO), says(POSITIVE));
    expect(shown.slice(-2)).toEqual([["strayMessages"], ["clear", "T4 180000", "tell positive"]]);
    expect(state.at).toBe("running");
  });

  test("alone it leaves the next order without an answer, which is doubt", () => {
    const { shown } = play(...crossed, start(ORDER), says(NO), T3);
    expect(shown.at(-1)).toEqual(["clear", "end silent"]);
  });

  test("its 80 00 does not hide that the next order is refused", () => {
    const { shown } = play(...crossed, start(ORDER), says(POSITIVE), says(NO));
    expect(shown.at(-1)).toEqual(["clear", "end refused"]);
  });

  test("once it has come, or the next command goes on, a refusal is one again", () => {
    expect(play(...crossed, says(POSITIVE), start(ORDER), says(NO)).shown.at(-1)).toEqual(["clear", "end refused"]);
    const { state } = play(...crossed, start(ORDER), says(POSITIVE), says(STATUS), says(NO));
    expect(state.at).toBe("running");
  });

  test("an abort that was answered in time owes nothing", () => {
    const answered = [start(ORDER), says(POSITIVE), CALL_BACK, says(POSITIVE), says(COMPLETION)] as const;
    expect(play(...answered, start(ORDER), says(NO)).shown.at(-1)).toEqual(["clear", "end refused"]);
  });
});

describe("06 1E in place of 80 00, as a locked terminal answers", () => {
  const LOCKED: Message = { type: "abort", code: 0xa0, status: {} };

  test("is answered, and is the end when nothing else comes", () => {
    const { shown } = play(start(ORDER), says(LOCKED), { type: "timer", timer: "T3" });
    expect(shown.slice(1)).toEqual([
      ["send 800000", "strayMessages"],
      ["clear", "end aborted"],
    ]);
  });

  test("is that of an earlier command when the terminal then takes this one", () => {
    const { shown } = play(start(ORDER), says(LOCKED), says(POSITIVE), says(STATUS), says(COMPLETION));
    expect(shown.at(-1)).toContain("end completed");
  });
});
