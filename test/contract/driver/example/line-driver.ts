import { type DeviceDriver, DeviceError, type DeviceSession } from "../../../../src/domain/device.ts";
import type { PaymentAnswer } from "../../../../src/domain/payment.ts";
import type { TerminalId } from "../../../../src/domain/terminal.ts";
import type { DeviceDeps } from "../../../../src/drivers/driver.ts";
import type { LinkPlace } from "../../../../src/drivers/transport/byte-link.ts";
import { type Line, openLine } from "./line.ts";

interface Setup {
  readonly terminal: TerminalId;
  readonly serial: string;
  readonly answerWithinMs: number;
}

/** `7 WHO` gets `7 IS 4711`, `8 HOW` gets `8 READY`, `9 SALE 1250 EUR` gets `9 CARD` and in the end `9 OK 42` or `9 NO 51`. */
export function lineDriver(setup: Setup, place: LinkPlace, deps: DeviceDeps): DeviceDriver {
  const { terminal, serial, answerWithinMs } = setup;
  const cannot = { cancels: false, tellsLastTransaction: false, settles: false, diagnoses: false };
  const abilities = { payments: new Set(["sale"] as const), recoveries: new Set<never>(), ...cannot };
  const open = async (signal: AbortSignal): Promise<DeviceSession> => {
    const line = await openLine(place, answerWithinMs, deps.clock, signal);
    try {
      const [, found = ""] = await line.ask("WHO", signal);
      if (found === serial) return sessionOn(line, serial);
      throw new DeviceError("wrongTerminal", `another terminal answers: ${found}`, { found });
    } catch (error) {
      await line.close(); // Nothing stays open.
      throw error;
    }
  };
  return { family: "line", terminal, abilities, counters: () => ({}), open };
}

function sessionOn({ ask, close, ended, whyNot }: Line, serial: string): DeviceSession {
  const pay: DeviceSession["pay"] = async ({ kind, amount, currency }, progress, cancel) => {
    if (kind !== "sale" || amount === undefined) return notSent("notSupported");
    const refused = cancel.aborted ? "cancelled" : whyNot();
    if (refused !== undefined) return notSent(refused);
    progress({ step: "sent" });
    try {
      const toTheEnd = new AbortController().signal; // This terminal cannot be called back.
      const onCard = (): void => progress({ step: "presentCard" });
      const [word, number = ""] = await ask(`SALE ${amount} ${currency}`, toTheEnd, onCard);
      if (word === "OK") return { outcome: "approved", transaction: { amount, receiptNumber: number } };
      if (word === "NO") return { outcome: "declined", reason: "declined", transaction: { deviceCode: number } };
      return inDoubt("resultUnknown");
    } catch (error) {
      return inDoubt(error instanceof DeviceError && error.code === "closed" ? "stopped" : "noAnswer");
    }
  };
  const poll: DeviceSession["poll"] = async (signal) =>
    (await ask("HOW", signal))[0] === "READY" ? { state: "ready" } : { state: "fault", remedy: "technician" };
  const missing = { lastTransaction: noSuch, settle: noSuch, diagnose: noSuch, recover: noSuch };
  return { ...missing, identity: { serial }, ended, poll, pay, [Symbol.asyncDispose]: close };
}

const notSent = (reason: string): PaymentAnswer => ({ outcome: "failed", notSent: true, reason, transaction: {} });
/** From the first byte on the terminal alone knows: what it does not say is neither a yes nor a no. */
const inDoubt = (reason: string): PaymentAnswer => ({ outcome: "inDoubt", reason, transaction: {} });
const noSuch = async (): Promise<never> => Promise.reject(new DeviceError("notSupported", "not in this protocol"));
