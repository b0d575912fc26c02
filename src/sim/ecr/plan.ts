/** What the customer, the bank or the terminal's memory does with the next sale. */
export type Customer = "pays" | "isDeclined" | "cancels" | "meetsFullMemory";

/**
 * How the terminal misbehaves at the next order:
 * - `deaf`: hears nothing of it, once;
 * - `noAck`: carries it out and answers, without its ACK;
 * - `nak`: refuses it so many times, then takes it;
 * - `nakTwice`: sends each of its NAKs twice, once;
 * - `wrongLrc`: the answer's checksum is wrong so many times;
 * - `late`: the answer comes so many ms later;
 * - `noAnswer`: carries it out and never answers;
 * - `waits`: takes it and waits for a card that nobody presents, until the line ends or `release` is called; then it is off;
 * - `answerTwice`: sends the answer twice, whatever the till says;
 * - `dieMidFrame`: the line ends in the middle of the answer;
 * - `dieAfterAck`: the line ends behind the ACK, and the order is carried out;
 * - `neverStop`: news without end, no answer;
 * - `garbage`: so many bytes of noise before the ACK.
 */
export type Misbehaviour =
  | {
      readonly do:
        | "deaf"
        | "waits"
        | "noAck"
        | "nakTwice"
        | "noAnswer"
        | "answerTwice"
        | "dieMidFrame"
        | "dieAfterAck"
        | "neverStop";
    }
  | { readonly do: "nak" | "wrongLrc"; readonly times: number }
  | { readonly do: "late"; readonly ms: number }
  | { readonly do: "garbage"; readonly bytes: number };

export interface NextOrder {
  readonly customer?: Customer;
  readonly misbehaviour?: Misbehaviour;
}
