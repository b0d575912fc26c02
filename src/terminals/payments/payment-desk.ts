import { type LastTransaction, type PaymentId, paymentId, TRANSACTION_KIND_OF } from "../../domain/payment.ts";
import type {
  Application,
  DoubtView,
  PaymentRefusal,
  PaymentStart,
  ResolvedAs,
  ResolveRefusal,
  RunningPayment,
} from "../../domain/payment-request.ts";
import { paymentKey, requestKey } from "../../domain/record-keys.ts";
import { type Asker, mayActFor } from "../../domain/role.ts";
import type { TerminalId } from "../../domain/terminal.ts";
import {
  isUnresolved,
  type PaymentReference,
  type Transaction,
  type TransactionId,
  transactionId,
} from "../../domain/transaction.ts";
import { aborted } from "../../runtime/aborted.ts";
import { isShutdown, type Task } from "../../runtime/task.ts";
import type { TerminalClaim } from "../claim.ts";
import { carryOut } from "./carrying-out.ts";
import { InDoubtDesk } from "./in-doubt-desk.ts";
import { type DecidedOrder, makeDurable } from "./making-durable.ts";
import { type DeskOptions, DEFAULT_OPTIONS, objectionTo } from "./options.ts";
import { findRecord, paidBefore } from "./order-history.ts";
import { decideOrder } from "./order-rules.ts";
import { originalOf } from "./original.ts";
import type { PaymentRun } from "./payment-run.ts";
import type { DeskDeps } from "./ports.ts";
import { standingAtStart } from "./recovery.ts";
import { refusalOf } from "./refusal.ts";
import { RefusalRecords } from "./refusal-records.ts";
import { keyHashOf, requestHashOf } from "./request.ts";
import { RequestsInFlight } from "./requests-in-flight.ts";
import type { Standing } from "./standing.ts";
import { WorkUnderWay } from "./work-under-way.ts";

/** The desk while it is open. */
interface Open {
  readonly standing: Standing;
  readonly inDoubt: InDoubtDesk;
}

/** ms between two looks whether the disk has taken what is held. */
const LOOK_MS = 50;
/**
 * ms that running payments get to end when tillgate stops. Those that do not are looked into after the next start: systemd
 * gives the daemon 10 s in all, and relayed answers and the last drain need theirs.
 */
const STOP_WITHIN_MS = 3_000;

/**
 * Where tills have terminals paid, so that nothing is charged twice: one payment for one key, one payment at a time for one
 * order, durable before a byte goes to a terminal, and never a second attempt of tillgate's own.
 */
export class PaymentDesk implements Task {
  readonly name = "payments";
  readonly #deps: DeskDeps;
  readonly #options: DeskOptions;
  readonly #requests: RequestsInFlight<PaymentStart>;
  readonly #refusals: RefusalRecords;
  readonly #runs = new Map<PaymentId, PaymentRun>();
  /** Which payment an order is being paid by. */
  readonly #orders = new Map<string, PaymentId>();
  readonly #work = new WorkUnderWay();
  readonly #stopped = new AbortController();
  #open: Open | undefined;

  constructor(deps: DeskDeps, options: Partial<DeskOptions> = {}) {
    this.#deps = deps;
    this.#options = { ...DEFAULT_OPTIONS, ...options };
    this.#refusals = new RefusalRecords(deps);
    this.#requests = new RequestsInFlight(deps.keysInUse);
  }

  /** Opens when the ledger has been read; ends when every payment has, or did not within 3 s. Once. */
  async run(signal: AbortSignal): Promise<void> {
    let inDoubt: InDoubtDesk | undefined;
    try {
      const standing = await standingAtStart(this.#deps, signal);
      inDoubt = new InDoubtDesk(this.#deps, standing, this.#options.asking, signal);
      this.#open = { standing, inDoubt };
      for (const terminal of standing.terminals()) inDoubt.askAt(terminal);
      await aborted(signal);
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    } finally {
      this.#open = undefined;
      this.#stopped.abort(new Error("the payment desk is stopping"));
      for (const run of this.#runs.values()) run.cancel();
      await this.#work.ended(this.#deps.clock, STOP_WITHIN_MS);
      await inDoubt?.ended();
    }
  }

  /** Why no payment can be begun now, whatever it is; `undefined` when one can. */
  get refusesBecause(): PaymentRefusal | undefined {
    const { ledger, recorder } = this.#deps;
    if (this.#open === undefined) return { refused: "notReady" };
    const refusal = ledger.refusesMoneyBecause;
    if (refusal !== undefined) return { refused: "notRecorded", because: refusal.message };
    return recorder.isHolding ? { refused: "notRecorded" } : undefined;
  }

  /** Resolves as soon as the order is on its way, or it is known why not. Never rejects. */
  async pay(application: Application): Promise<PaymentStart> {
    const { asker, till, idempotencyKey, request } = application;
    const { orderId, cashier } = request;
    const keyHash = keyHashOf(idempotencyKey);
    const requestHash = requestHashOf("payment", request);
    const reference = { till, orderId, keyHash, requestHash, ...(cashier === undefined ? {} : { cashier }) };
    // Before the key is looked up: what another till's key stands for is that till's alone.
    if (!mayActFor(asker, till)) {
      const refusal: PaymentRefusal = { refused: "notPermitted", field: "till" };
      await this.#work.track(this.#refusals.note(request, reference, refusal));
      return refuse(refusal);
    }
    const shared = this.#requests.share(
      requestKey(till, keyHash),
      requestHash,
      async () => this.#work.track(this.#begin(application, reference)),
      (start) => (start.type === "running" ? this.#recorded(start.run) : undefined),
    );
    return shared === "keyReused" ? refuse({ refused: "keyReused", field: "Idempotency-Key" }) : shared;
  }

  /** A payment by its id. @returns `freed` when headquarters alone has it. @throws when the ledger cannot be read. */
  async find(id: PaymentId): Promise<RunningPayment | Transaction | "freed" | undefined> {
    const run = this.#runs.get(id);
    if (run !== undefined) return run;
    const found = await findRecord(this.#deps.ledger, paymentKey(id));
    if (found === "freed") return this.#open?.standing.get(transactionId(id)) ?? found;
    if (found === undefined) return undefined;
    return found.type === "transaction" ? found.transaction : undefined;
  }

  /** A terminal's word on an order that nobody waits for any more: a doubt there is judged by it at once. Never throws. */
  told(terminal: TerminalId, last: LastTransaction): void {
    this.#open?.inDoubt.told(terminal, last);
  }

  /** Transactions whose end nobody saw; `undefined` until the ledger has been read. */
  inDoubt(): readonly DoubtView[] | undefined {
    return this.#open?.inDoubt.list();
  }

  /** When a doubt is looked into next, and what was found so far. */
  doubtView(transaction: Transaction): DoubtView {
    return this.#open?.inDoubt.view(transaction) ?? { transaction };
  }

  /** Ends a doubt by a person's word. */
  async resolve(id: TransactionId, as: ResolvedAs, why: string, asker: Asker): Promise<Transaction | ResolveRefusal> {
    if (this.#open === undefined) return { refused: "notInDoubt" };
    return this.#work.track(this.#open.inDoubt.resolve(id, as, why, asker));
  }

  async #begin(application: Application, reference: PaymentReference): Promise<PaymentStart> {
    try {
      return await this.#knownOrBegun(application, reference);
    } catch (error) {
      // Without its memory the desk does nothing: whatever throws does so before a terminal has heard of the order.
      this.#deps.log.error("payment.notBegun", { till: reference.till, error });
      return refuse({ refused: "notRecorded" });
    }
  }

  async #knownOrBegun(application: Application, reference: PaymentReference): Promise<PaymentStart> {
    const { till, keyHash, requestHash } = reference;
    const known = await findRecord(this.#deps.ledger, requestKey(till, keyHash));
    if (known === "freed") {
      const doubt = this.#open?.standing.ofTill(till).find(({ payment }) => payment?.keyHash === keyHash);
      return doubt?.payment?.requestHash === requestHash
        ? { type: "known", transaction: doubt }
        : refuse({ refused: "keySpent", field: "Idempotency-Key" });
    }
    if (known !== undefined) {
      return known.type === "transaction" && known.transaction.payment?.requestHash === requestHash
        ? { type: "known", transaction: known.transaction }
        : refuse({ refused: "keyReused", field: "Idempotency-Key" });
    }
    const start = await this.#order(application, reference);
    if (start.type === "refused") await this.#refusals.note(application.request, reference, start.refusal);
    return start;
  }

  async #order(application: Application, reference: PaymentReference): Promise<PaymentStart> {
    const refusal = objectionTo(application, this.#options) ?? this.refusesBecause;
    if (refusal !== undefined) return refuse(refusal);
    const open = this.#open;
    if (open === undefined) return refuse({ refused: "notReady" });
    const { till, orderId } = reference;
    const order = `${till} ${orderId}`;
    const others = [
      ...[this.#orders.get(order)].filter((id) => id !== undefined),
      ...open.standing.ofTill(till).flatMap(({ id, payment }) => (payment?.orderId === orderId ? [paymentId(id)] : [])),
    ];
    // From here to the end of its payment the order is this one's: no await may come between the look and this.
    if (others.length > 0) return refuse({ refused: "orderInDoubt", field: "orderId", payments: others });
    const id = paymentId(this.#deps.newId());
    this.#orders.set(order, id);
    let run: RunningPayment | undefined;
    try {
      const start = await this.#send(open, id, application, reference);
      if (start.type === "running") ({ run } = start);
      return start;
    } finally {
      if (run === undefined) this.#orders.delete(order);
      else void run.done.then(() => this.#orders.delete(order));
    }
  }

  /** Decides, takes a terminal, and makes the order durable; only then a terminal hears of it. */
  async #send(open: Open, id: PaymentId, application: Application, reference: PaymentReference): Promise<PaymentStart> {
    const { clock, ledger, claims } = this.#deps;
    const { asker, till, request } = application;
    const original = await originalOf(ledger, till, request);
    if ("refused" in original) return refuse(original);
    const paid = await paidBefore(ledger, till, TRANSACTION_KIND_OF[request.kind], request.orderId);
    const situation = { paid, doubts: open.standing.ofTill(till), now: clock.now(), stamp: clock.stamp() };
    const decision = decideOrder(request, asker, situation, this.#options.rules);
    if (!decision.may) return refuse(decision.refusal);
    const refusal = this.refusesBecause;
    if (refusal !== undefined) return refuse(refusal);

    const { terminal = original.terminal, group, currency } = request;
    const wanted = {
      currency,
      ...(terminal === undefined ? {} : { terminal }),
      ...(group === undefined ? {} : { group }),
    };
    const claim = claims.claim(wanted, request.kind);
    if ("refused" in claim) return refuse(refusalOf(claim));
    const { override } = decision;
    const payment = { ...reference, ...(override === undefined ? {} : { override }) };
    let isTaken = false;
    try {
      const start = await this.#sendTo(claim, open, { id, request, payment, original });
      isTaken = start.type === "running";
      return start;
    } finally {
      if (!isTaken) claim[Symbol.dispose]();
    }
  }

  async #sendTo(claim: TerminalClaim, { standing, inDoubt }: Open, decided: DecidedOrder): Promise<PaymentStart> {
    const { terminal, abilities } = claim;
    const notAsked = abilities.tellsLastTransaction && this.#options.holdTerminals ? standing.notAskedAt(terminal) : [];
    if (notAsked.length > 0) {
      return refuse({ refused: "terminalInDoubt", field: "terminal", terminal, payments: notAsked });
    }
    const durable = await makeDurable(this.#deps, standing, claim, decided, () => this.refusesBecause);
    if ("refused" in durable) return refuse(durable);
    const { order, run } = durable;
    this.#runs.set(decided.id, run);
    // Stopped meanwhile: the terminal is asked to give up as soon as it has heard.
    if (this.#stopped.signal.aborted) run.cancel();
    const toItsEnd = async (): Promise<void> => {
      const end = await inDoubt.during(terminal, carryOut(this.#deps, standing, claim, order, run));
      if (isUnresolved(end.outcome)) inDoubt.askAt(terminal);
      run.finish(end);
      await this.#recorded(run);
      this.#runs.delete(decided.id);
    };
    void this.#work.track(toItsEnd());
    return { type: "running", run };
  }

  /** Resolves when the ledger can answer for it, however long the disk takes. */
  async #recorded(run: RunningPayment): Promise<void> {
    const { clock, recorder } = this.#deps;
    await run.done;
    const { signal } = this.#stopped;
    while (recorder.isHolding && !signal.aborted) await clock.sleep(LOOK_MS, signal).catch(() => undefined);
  }
}

function refuse(refusal: PaymentRefusal): PaymentStart {
  return { type: "refused", refusal };
}
