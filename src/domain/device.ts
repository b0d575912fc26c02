import type { LastTransaction, PaymentAnswer, PaymentKind, PaymentOrder, PaymentProgress } from "./payment.ts";
import type { Currency, MinorUnits } from "./money.ts";
import type { TerminalId } from "./terminal.ts";

/**
 * A terminal that tillgate itself talks to, unlike those whose bytes it relays. This is the seam between a driver family
 * and the supervision of `src/terminals/`; both sides see only this file.
 */
export interface DeviceDriver {
  readonly family: string;
  readonly terminal: TerminalId;
  readonly abilities: DeviceAbilities;
  /**
   * Opens the link anew and makes sure of who answers there. Single use: after an end, open again.
   *
   * @throws DeviceError, and nothing is left open; the signal's reason when it fires.
   */
  open(signal: AbortSignal): Promise<DeviceSession>;
  /** Numbers since start for /metrics; names in camelCase. */
  counters(): Readonly<Record<string, number>>;
}

export interface DeviceAbilities {
  /** Empty while the config leaves a family read-only, and for what is no payment terminal. */
  readonly payments: ReadonlySet<PaymentKind>;
  /** Absent where only the terminal itself can tell. */
  readonly currencies?: ReadonlySet<Currency>;
  /** Whether a running order can be called back. */
  readonly cancels: boolean;
  /** Whether it can be asked what it did last: without it only a late answer or a person ends a doubt there. */
  readonly tellsLastTransaction: boolean;
  readonly settles: boolean;
  readonly diagnoses: boolean;
  /** Steps that `recover` knows. */
  readonly recoveries: ReadonlySet<DeviceRecovery>;
}

/** What an open link to one terminal can do. One call at a time, except `pay`'s signal. */
export interface DeviceSession extends AsyncDisposable {
  /** As it said when the link was opened. */
  readonly identity: DeviceIdentity;
  /** Settles, never rejects, when the link is gone or closed. */
  readonly ended: Promise<DeviceError>;
  /**
   * A question that changes nothing at the terminal.
   *
   * @param signal  When it fires, the session may end with it: where a terminal still owes its answer (ZVT), what comes next
   *   could be taken for that of another command. Whoever gives a question up opens anew.
   * @throws DeviceError when there is no answer; the signal's reason when it fires.
   */
  poll(signal: AbortSignal): Promise<DeviceCondition>;
  /**
   * Carries an order out. Never rejects for what the terminal or the link does: that is in the answer, and a link that is
   * lost after the first byte leaves the order in doubt. Never repeats an order.
   *
   * @param cancel  When it fires, the terminal is asked to give up; what then really happened is in the answer.
   */
  pay(order: PaymentOrder, progress: (news: PaymentProgress) => void, cancel: AbortSignal): Promise<PaymentAnswer>;
  /** @returns `undefined` when the terminal says that there is none. @throws DeviceError when it does not answer. */
  lastTransaction(signal: AbortSignal): Promise<LastTransaction | undefined>;
  /** Closes the terminal's batch: moves money. @throws DeviceError when it is not known whether it did. */
  settle(signal: AbortSignal): Promise<DeviceSettlement>;
  /** Asks the terminal to try its line to the host. @throws DeviceError */
  diagnose(signal: AbortSignal): Promise<DeviceDiagnosis>;
  /** @throws DeviceError */
  recover(step: DeviceRecovery, signal: AbortSignal): Promise<void>;
}

/** Who answers: compared before money goes there, because two identical adapters can be swapped. */
export interface DeviceIdentity {
  /** The maker's, as it stands on the device. */
  readonly serial?: string;
  /** The terminal number under which it is known to its acquirer. */
  readonly terminalNumber?: string;
  readonly model?: string;
  readonly firmware?: string;
}

export const DEVICE_RECOVERIES = ["initialise", "setClock", "diagnose", "abort", "reset"] as const;
/** None of them moves money. */
export type DeviceRecovery = (typeof DEVICE_RECOVERIES)[number];

/** How a terminal says it is. */
export interface DeviceCondition {
  /** `wait`: it is busy with something of its own. `attention`: it works, and people should look. `fault`: it cannot sell. */
  readonly state: "ready" | "wait" | "attention" | "fault";
  /** The protocol's own code, e.g. `51`. */
  readonly code?: string;
  /** A stable word, e.g. `initialisationRequired`. */
  readonly reason?: string;
  /** What mends it: a step that tillgate may take, or people. */
  readonly remedy?: DeviceRecovery | "settle" | "wait" | "technician" | "softwareUpdate";
}

/** What came of an end of day. */
export interface DeviceSettlement {
  /** `refused`: it did not begin. `failed`: it began, and the batch is still the terminal's. */
  readonly outcome: "settled" | "refused" | "failed";
  /** A stable word. */
  readonly reason?: string;
  /** The protocol's own code. */
  readonly deviceCode?: string;
  /** What the terminal says that its batch held, by kind of card. */
  readonly totals?: readonly {
    readonly card: string;
    /** Absent where the terminal tells sums only. */
    readonly count?: number;
    readonly amount: MinorUnits;
  }[];
  readonly currency?: Currency;
  /** What it printed; card numbers masked. */
  readonly receipts?: readonly { readonly type: string; readonly lines: readonly string[] }[];
}

/** What came of the terminal's trial of its line to the host. */
export interface DeviceDiagnosis {
  readonly outcome: "passed" | "failed";
  /** A stable word. */
  readonly reason?: string;
  /** The protocol's own code. */
  readonly deviceCode?: string;
  /** How long the terminal's own trial of its host took. ms. */
  readonly hostMs?: number;
}

export const DEVICE_ERROR_CODES = [
  /** The port or the address cannot be opened: nothing there, or refused. */
  "unreachable",
  /** The device is not plugged in. */
  "absent",
  /** This process may not open it. */
  "notPermitted",
  /** Another process holds it. */
  "inUse",
  /** The program that this link needs is missing or cannot be loaded here. */
  "unavailable",
  /** It is there and does not answer in time. */
  "silent",
  /** What comes is not the protocol. */
  "garbage",
  /** It answers, with a refusal. */
  "refused",
  /** Another terminal than the one that is meant answers. */
  "wrongTerminal",
  /** The link went away. */
  "linkLost",
  /** Closed by us. */
  "closed",
  "notSupported",
] as const;
export type DeviceErrorCode = (typeof DEVICE_ERROR_CODES)[number];

/** What went wrong with a terminal or the way to it. */
export class DeviceError extends Error {
  readonly code: DeviceErrorCode;
  /** Numbers and names that help to find it; never card data. */
  readonly detail: Readonly<Record<string, string | number>>;

  constructor(code: DeviceErrorCode, message: string, detail: Readonly<Record<string, string | number>> = {}) {
    super(message);
    this.name = "DeviceError";
    this.code = code;
    this.detail = detail;
  }
}

/** What a device does by itself, told to whoever supervises it. */
export type DeviceNews =
  | { readonly type: "condition"; readonly condition: DeviceCondition }
  /** A card went through a reader: how well it could be read, never what was on it. */
  | {
      readonly type: "swiped";
      readonly tracks: readonly ("read" | "empty" | "error")[];
      readonly encrypted: boolean;
      readonly detail?: Readonly<Record<string, string | number | boolean>>;
    }
  /** A result that no running order waits for: of an order that was given up as in doubt, or of the terminal's own doing. */
  | { readonly type: "lateAnswer"; readonly answer: LastTransaction }
  /** Bytes that are no protocol, or a repetition: evidence of a bad line. */
  | {
      readonly type: "lineFault";
      readonly fault: "garbage" | "checksum" | "truncated" | "repeated" | "nak" | "overflow";
    };
