import { ZVT_STEPS, type ZvtNext, type ZvtStep } from "./conduct.ts";

export const CONDUCTS_HELP = `What the next order meets, also typed while it runs; several words for one order:
  decline 33, abortWith A0, refuse 9C  results as ZVT has them, hexadecimal: 33 is the host's 51
  aborts, waits                        the customer presses the red key; no card comes
  approveOnly 500, echoAmount 999      the host approves a part; a wrong amount is told
  hostMs 5000, minutes 3               a slow host; 04 FF ask for patience
  dieAt STEP, muteFrom STEP            the power fails; it says nothing more and goes on
  deaf, noAnswer, noAck, nak 2         the command is not heard, not answered, not acknowledged, refused twice
  wrongCrc 1, garbage 20, twice        on the line
  loseCompletion, lateCompletion 3000, contradicts, floods, isOther, showsCard
  on 0650, on any, times 3             for another command than an order of money; more often
Steps: ${ZVT_STEPS.join(", ")}
By itself: status 51, lock, unlock, power 3000 (away so many ms)`;

/** Words that stand alone. */
const ALONE: Readonly<Record<string, ZvtNext>> = {
  aborts: { customer: "aborts" },
  waits: { customer: "waits" },
  deaf: { deaf: true },
  noAnswer: { noAnswer: true },
  noAck: { noAck: true },
  twice: { twice: true },
  loseCompletion: { completion: "lost" },
  contradicts: { contradicts: true },
  floods: { floods: true },
  isOther: { isOther: true },
  showsCard: { showsCard: true },
};

/** Words with a value behind them. */
const VALUED: Readonly<Record<string, (value: string) => ZvtNext>> = {
  decline: (value) => ({ decline: hex(value, 2) }),
  abortWith: (value) => ({ abortWith: hex(value, 2) }),
  refuse: (value) => ({ refuse: hex(value, 2) }),
  approveOnly: (value) => ({ approveOnly: count(value) }),
  echoAmount: (value) => ({ echoAmount: count(value) }),
  hostMs: (value) => ({ hostMs: count(value) }),
  minutes: (value) => ({ minutes: Math.min(count(value), 99) }),
  dieAt: (value) => ({ dieAt: step(value) }),
  muteFrom: (value) => ({ muteFrom: step(value) }),
  nak: (value) => ({ nak: count(value) }),
  wrongCrc: (value) => ({ wrongCrc: count(value) }),
  garbage: (value) => ({ garbage: count(value) }),
  lateCompletion: (value) => ({ completion: { lateMs: count(value) } }),
  on: (value) => ({ on: value === "any" || value === "money" ? value : hex(value, 4) }),
  times: (value) => ({ times: count(value) }),
};

/** @throws RangeError for what is not in {@link CONDUCTS_HELP}. */
export function readConduct(line: string): ZvtNext {
  const words = line.trim().split(/\s+/);
  let next: ZvtNext = {};
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const alone = Object.hasOwn(ALONE, word) ? ALONE[word] : undefined;
    const valued = Object.hasOwn(VALUED, word) ? VALUED[word] : undefined;
    if (alone === undefined && valued === undefined) throw new RangeError(`not known: ${word}`);
    next = { ...next, ...alone, ...valued?.(words.shift() ?? "") };
  }
  return next;
}

/** What is not about one command. */
export type ZvtSwitch =
  | { readonly set: "status"; readonly status: number }
  | { readonly set: "locked"; readonly isLocked: boolean }
  | { readonly set: "power"; readonly awayMs: number };

/** @returns undefined when the line is none of these. @throws RangeError for a value that is none. */
export function readSwitch(line: string): ZvtSwitch | undefined {
  const [word, value = ""] = line.trim().split(/\s+/);
  if (word === "status") return { set: "status", status: hex(value, 2) };
  if (word === "power") return { set: "power", awayMs: count(value) };
  return word === "lock" || word === "unlock" ? { set: "locked", isLocked: word === "lock" } : undefined;
}

function hex(value: string, digits: number): number {
  if (value.length !== digits || !/^[0-9a-f]+$/i.test(value)) {
    throw new RangeError(`${digits} hexadecimal digits are wanted, not "${value}"`);
  }
  return Number.parseInt(value, 16);
}

function count(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new RangeError(`a number is wanted, not "${value}"`);
  return Number(value);
}

function step(value: string): ZvtStep {
  const found = ZVT_STEPS.find((known) => known === value);
  if (found === undefined) throw new RangeError(`a step is wanted, not "${value}"`);
  return found;
}
