import type { Misbehaviour, NextOrder } from "./plan.ts";

export const PLANS_HELP = `What the next order meets, typed while it runs:
  decline, cancel, full    the bank says no; the customer gives up; the batch is full
  deaf                     it does not hear the order
  waits                    nobody presents a card
  noAck                    carries it out and answers, without its ACK
  nak 2                    refuses it twice, then takes it
  nakTwice                 sends its NAK twice
  wrongLrc 1               the answer is damaged once
  late 5000                the answer comes 5 s later
  noAnswer                 carries it out and never answers
  answerTwice              sends the answer twice
  dieMidFrame, dieAfterAck the line ends
  neverStop                news without end
  garbage 200              200 bytes of noise before the ACK`;

const ALONE = [
  "deaf",
  "waits",
  "noAck",
  "nakTwice",
  "noAnswer",
  "answerTwice",
  "dieMidFrame",
  "dieAfterAck",
  "neverStop",
] as const;

/** @throws RangeError for what is not in {@link PLANS_HELP}. */
export function readPlan(line: string): NextOrder {
  const [word = "", number = ""] = line.trim().split(/\s+/);
  if (word === "decline") return { customer: "isDeclined" };
  if (word === "cancel") return { customer: "cancels" };
  if (word === "full") return { customer: "meetsFullMemory" };
  const alone = ALONE.find((known) => known === word);
  if (alone !== undefined && number === "") return { misbehaviour: { do: alone } };
  if (!/^\d{1,6}$/.test(number)) throw new RangeError(`not a plan: ${line}`);
  return { misbehaviour: counted(word, Number(number)) };
}

function counted(word: string, number: number): Misbehaviour {
  switch (word) {
    case "nak":
    case "wrongLrc":
      return { do: word, times: number };
    case "late":
      return { do: word, ms: number };
    case "garbage":
      return { do: word, bytes: number };
    default:
      throw new RangeError(`not a plan: ${word}`);
  }
}
