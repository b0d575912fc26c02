import type { FastifyReply } from "fastify";
import type { RunningPayment } from "../domain/payment-request.ts";
import type { PaymentProgress } from "../domain/payment.ts";
import type { Transaction } from "../domain/transaction.ts";
import { progressView } from "../contract/payments.ts";
import type { Clock } from "../runtime/clock.ts";
import { isRunning } from "./payment-views.ts";

interface Streamed {
  readonly payment: RunningPayment | Transaction;
  /** As `GET /api/v1/payments/{id}` would answer now. */
  readonly answer: (payment: RunningPayment | Transaction) => object;
  readonly clock: Clock;
}

/** ms. Shorter than what the server takes for a dead connection. */
const BEAT_MS = 5_000;
/** Bytes that a reader may be behind; beyond it he is let go of, and can ask. */
const MAX_BEHIND = 65_536;

/**
 * Server-sent events: what the terminal does, and as the last one the outcome. Ends with the payment, with the connection, or
 * with the server, whichever is first.
 *
 * @returns false when too many listen already: then nothing was sent.
 */
export function streamEvents(reply: FastifyReply, { payment, answer, clock }: Streamed): boolean {
  const { raw } = reply;
  const closed = new AbortController();
  const send = (event: string, data: object): void => {
    if (closed.signal.aborted) return;
    raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    if (raw.writableLength > MAX_BEHIND) raw.destroy();
  };
  const tell = (progress: PaymentProgress): void => send("progress", progressView.parse(progress));

  const listener = isRunning(payment) && payment.result === undefined ? payment.listen(tell) : NOBODY;
  if (listener === undefined) return false;
  raw.once("close", () => {
    listener[Symbol.dispose]();
    closed.abort(new Error("the connection has ended"));
  });
  reply.hijack();
  raw.writeHead(200, { ...headersOf(reply), "content-type": "text/event-stream" });
  const end = (ended: RunningPayment | Transaction): void => {
    send("outcome", answer(ended));
    raw.end();
  };
  if (!isRunning(payment) || payment.result !== undefined) {
    end(payment);
    return true;
  }
  const { progress, done } = payment;
  if (progress !== undefined) tell(progress);
  void done.then(() => end(payment));
  void beat(clock, closed.signal, () => raw.writableEnded || raw.write(": it runs\n\n"));
  return true;
}

const NOBODY: Disposable = { [Symbol.dispose]: () => undefined };

function headersOf(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(
    Object.entries(reply.getHeaders()).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

/** Until the connection has ended. */
async function beat(clock: Clock, signal: AbortSignal, write: () => unknown): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleep(BEAT_MS, signal);
    } catch {
      return;
    }
    write();
  }
}
