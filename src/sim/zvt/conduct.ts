/** What happens in the course of a command, in this order. Commands without a customer or a host leave theirs out. */
export const ZVT_STEPS = [
  /** The command is there whole; on a serial line nothing of it is acknowledged yet. */
  "received",
  /** Before the 80 00. */
  "taken",
  /** After the 80 00. */
  "acknowledged",
  /** 04 FF 0A. */
  "waitingForCard",
  "cardPresented",
  /** 04 FF 04: from here on the order cannot be called back. */
  "waitingForHost",
  /** It is in the books, and the till knows nothing of it. */
  "hostDecided",
  /** 04 0F. */
  "statusSent",
  "printed",
  /** 06 0F or 06 1E. */
  "completed",
] as const;
export type ZvtStep = (typeof ZVT_STEPS)[number];

/** How the terminal, its customer and its host behave in the course of one command. Nothing named: as they should. */
export interface ZvtConduct {
  /** `aborts`: with the red key. `waits`: no card comes until the order is called back. */
  readonly customer?: "pays" | "aborts" | "waits";
  /** Result with which the host declines, as it stands in BMP 27: 05 is the host's 05, 33 its 51. */
  readonly decline?: number;
  /** The host approves only so much of the amount. */
  readonly approveOnly?: number;
  /** ms that the host takes. */
  readonly hostMs?: number;
  /** 04 FF tell the till to be patient for so many minutes. 0..99. */
  readonly minutes?: number;
  /** 84 xx in place of 80 00: 9C busy, CC printer not ready. */
  readonly refuse?: number;
  /** 80 00, then 06 1E with this code at once: A0 while somebody is in the terminal's menu, 6F wrong currency. */
  readonly abortWith?: number;
  /** Hears nothing of the command: neither acknowledged nor carried out. */
  readonly deaf?: true;
  /** Acknowledges the block and no more; does not carry it out. On TCP the same as `deaf`. */
  readonly noAnswer?: true;
  /** From this step on it says nothing any more, and carries the order out all the same. */
  readonly muteFrom?: ZvtStep;
  /** The power fails when this step is reached. */
  readonly dieAt?: ZvtStep;
  /** 06 0F or 06 1E never comes, or so many ms late. */
  readonly completion?: "lost" | { readonly lateMs: number };
  /** A 06 1E follows an approved status information in place of the 06 0F. */
  readonly contradicts?: true;
  /** What the status information says of the amount, whatever was booked. */
  readonly echoAmount?: number;
  /** Another terminal answers: other terminal number, other serial number. */
  readonly isOther?: true;
  /** Card numbers are neither hidden in BMP 22 nor on receipts. */
  readonly showsCard?: true;
  /** Sends 04 FF without end and waits for no answer. */
  readonly floods?: true;
  /** The command's block is refused so many times; on a serial line only, as the next four. */
  readonly nak?: number;
  /** The command's block is taken and not acknowledged. */
  readonly noAck?: true;
  /** So many blocks of the terminal have a wrong checksum. */
  readonly wrongCrc?: number;
  /** Whatever it sends it sends twice. Not on a serial line only. */
  readonly twice?: true;
  /** So many meaningless bytes before whatever it sends. */
  readonly garbage?: number;
}

/** Which commands something is for. `money`: 06 01, 22..25, 30, 31, but no enquiry of open holds. */
export type ZvtOccasion = "money" | "any" | number;

/** Told in advance for the next command, or the next `times`, that fits. */
export interface ZvtNext extends ZvtConduct {
  /** Default `money`. */
  readonly on?: ZvtOccasion;
  /** Default 1; `Infinity` for good. */
  readonly times?: number;
}

interface Waiting {
  readonly next: ZvtNext;
  left: number;
  naksLeft: number;
}

/** Decides the conduct at each command: the first that was planned and fits, else the habits. */
export class ConductPlan {
  readonly #waiting: Waiting[] = [];
  readonly #habit: () => ZvtConduct;

  /** @param habit  What it does with an order of money when nothing was planned. */
  constructor(habit: () => ZvtConduct) {
    this.#habit = habit;
  }

  next(next: ZvtNext): void {
    this.#waiting.push({ next, left: next.times ?? 1, naksLeft: next.nak ?? 0 });
  }

  /** Nothing is planned any more. */
  clear(): void {
    this.#waiting.length = 0;
  }

  /** @returns `nak` when the block is to be refused: it will come again. */
  conductOf(command: number, isMoney: boolean): ZvtConduct | "nak" {
    const found = this.#waiting.find(
      ({ next: { on = "money" } }) => on === "any" || (on === "money" ? isMoney : on === command),
    );
    if (found === undefined) return isMoney ? this.#habit() : {};
    if (found.naksLeft > 0) {
      found.naksLeft--;
      return "nak";
    }
    found.left--;
    found.naksLeft = found.next.nak ?? 0;
    if (found.left <= 0) this.#waiting.splice(this.#waiting.indexOf(found), 1);
    return found.next;
  }
}
