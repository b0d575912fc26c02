import type { ZvtCard } from "./cards.ts";
import type { ZvtIdentity } from "./identity.ts";
import type { TillCommand } from "./till-command.ts";

/** Bits of the config byte of a registration. */
const PRINTS_PAYMENTS = 0x02;
const PRINTS_ADMINISTRATION = 0x04;
const WANTS_INTERMEDIATE = 0x08;
const PRINTS_BY_MESSAGE = 0x80;

const AFTER_LOG_OFF = 0x86;
const PRINT_BLOCK = 0x06d3;
const UTF8 = 0xfe;

/** What the terminal knows of itself and of the till. The power switch takes the till's part away. */
export class ZvtDevice {
  identity: ZvtIdentity;
  /** What it answers to 05 01. */
  status = 0x00;
  /** Somebody is in its menu. */
  isLocked = false;
  readonly currency: number;
  #isRegistered = false;
  #configByte = AFTER_LOG_OFF;
  #permitted: readonly number[] = [];
  #charset: "cp437" | "utf8" = "cp437";
  #takesTlv = false;
  /** ms between the terminal's clock and the machine's. */
  clockOffsetMs = 0;
  /** Of the newest transaction, for its repetition. */
  readonly cards = new Map<number, ZvtCard>();

  constructor(identity: ZvtIdentity, currency: number) {
    this.identity = identity;
    this.currency = currency;
  }

  get isRegistered(): boolean {
    return this.#isRegistered;
  }

  get configByte(): number {
    return this.#configByte;
  }

  get charset(): "cp437" | "utf8" {
    return this.#charset;
  }

  get takesTlv(): boolean {
    return this.#takesTlv;
  }

  get wantsIntermediate(): boolean {
    return this.#has(WANTS_INTERMEDIATE);
  }

  get printsPayments(): boolean {
    return this.#has(PRINTS_BY_MESSAGE) && this.#has(PRINTS_PAYMENTS);
  }

  get printsAdministration(): boolean {
    return this.#has(PRINTS_BY_MESSAGE) && this.#has(PRINTS_ADMINISTRATION);
  }

  /** 06 D3 in place of 06 D1. */
  get printsBlocks(): boolean {
    return this.#permitted.includes(PRINT_BLOCK);
  }

  register({ configByte = AFTER_LOG_OFF, permitted = [], charset, hasTlv }: TillCommand): void {
    this.#isRegistered = true;
    this.#configByte = configByte;
    this.#permitted = permitted;
    this.#charset = charset === UTF8 ? "utf8" : "cp437";
    this.#takesTlv = hasTlv === true;
  }

  /** After 06 02, and after the power was away. */
  forgetTill(): void {
    this.#isRegistered = false;
    this.#configByte = AFTER_LOG_OFF;
    this.#permitted = [];
    this.#charset = "cp437";
    this.#takesTlv = false;
  }

  #has(bit: number): boolean {
    return this.#isRegistered && (this.#configByte & bit) !== 0;
  }
}

/** Statuses of 05 01 that a command mends (PA00P015, 3.9). The others need people. */
const REMEDIES: ReadonlyMap<number, readonly number[]> = new Map([
  [0x51, [0x0693]],
  [0x62, [0x0691, 0x0670]],
  [0xb1, [0x0650]],
  [0xc1, [0x0691, 0x0670]],
  [0xc2, [0x0670]],
  [0xe1, [0x06b0]],
  [0xf0, [0x0650]],
]);

export function mends(command: number, status: number): boolean {
  return REMEDIES.get(status)?.includes(command) ?? false;
}

/** Statuses in which a payment goes on all the same. */
const HARMLESS: ReadonlySet<number> = new Set([0x00, 0x9d, 0xe3]);

const FUNCTION_NOT_POSSIBLE = 0x83;

/** With which error an order of money ends in such a status; undefined where it does not. */
export function hindrance(status: number): number | undefined {
  if (HARMLESS.has(status)) return undefined;
  // A result up to 63 hex would be the host's, and DF is none.
  if (status < 0x64 || status === 0xdf) return FUNCTION_NOT_POSSIBLE;
  return status === 0xe1 ? 0xdc : status;
}

/** BMP 19 of a registration's completion: 01 initialisation needed, 02 diagnosis needed, 04 outdoor terminal. */
export function statusByte(status: number): number {
  if (status === 0x51) return 0x01;
  if (status === 0xc1 || status === 0xc2) return 0x02;
  return status === 0xf6 ? 0x04 : 0;
}
