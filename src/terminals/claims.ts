import { AT_ITS_TERMINAL, type PaymentKind } from "../domain/payment.ts";
import type { TerminalId } from "../domain/terminal.ts";
import { choose, type Candidate } from "./choose.ts";
import type { ClaimRefusal, TerminalClaim, TerminalClaims, Wanted } from "./claim.ts";
import type { TerminalSupervisor } from "./supervision/supervisor.ts";

/** Lends the supervised terminals out. */
export class SupervisedClaims implements TerminalClaims {
  readonly #supervisors: ReadonlyMap<TerminalId, TerminalSupervisor>;
  readonly #successor: (terminal: TerminalId) => TerminalId;

  /** @param successor  Who a terminal was replaced by, to the end of the chain; itself when it was not. */
  constructor(
    supervisors: ReadonlyMap<TerminalId, TerminalSupervisor>,
    successor: (terminal: TerminalId) => TerminalId,
  ) {
    this.#supervisors = supervisors;
    this.#successor = successor;
  }

  claim(wanted: Wanted, kind: PaymentKind): TerminalClaim | ClaimRefusal {
    const isBound = AT_ITS_TERMINAL.has(kind);
    const { terminal } = wanted;
    const meant = terminal === undefined || isBound ? wanted : { ...wanted, terminal: this.#standIn(terminal) };
    const chosen = choose([...this.#supervisors.values()].map(candidate), meant, kind);
    if ("refused" in chosen) return chosen;
    const supervisor = this.#supervisors.get(chosen.id);
    return supervisor?.claim("order") ?? { refused: "unknownTerminal", terminal: chosen.id };
  }

  /** Its successor, where that takes money for the same merchant as far as the config tells; else itself, which is disabled. */
  #standIn(terminal: TerminalId): TerminalId {
    const successor = this.#successor(terminal);
    const [from, to] = [this.#supervisors.get(terminal), this.#supervisors.get(successor)];
    return from === undefined || from.options.merchant === to?.options.merchant ? successor : terminal;
  }

  /** By its own name, not its successor's: only the terminal that did it can tell what it did. */
  claimToAsk(terminal: TerminalId): TerminalClaim | ClaimRefusal {
    return this.#supervisors.get(terminal)?.claim("ask") ?? { refused: "unknownTerminal", terminal };
  }

  async reachable(terminal: TerminalId, signal: AbortSignal): Promise<void> {
    const supervisor = this.#supervisors.get(terminal);
    const waiting = Promise.withResolvers<void>();
    const look = (): void => {
      if (supervisor !== undefined && supervisor.refusal("ask") === undefined) waiting.resolve();
    };
    const stop = (): void => waiting.resolve();
    const endListening = supervisor?.onChange(look);
    signal.addEventListener("abort", stop, { once: true });
    try {
      look();
      if (signal.aborted) stop();
      await waiting.promise;
      signal.throwIfAborted();
    } finally {
      endListening?.();
      signal.removeEventListener("abort", stop);
    }
  }
}

function candidate(supervisor: TerminalSupervisor): Candidate {
  const { options, abilities, state } = supervisor;
  const refusal = supervisor.refusal("order");
  return {
    id: options.id,
    isStable: !state.troubled,
    ...(options.standbyFor === undefined ? {} : { standbyFor: options.standbyFor }),
    ...(options.group === undefined ? {} : { group: options.group }),
    ...(options.merchant === undefined ? {} : { merchant: options.merchant }),
    ...(abilities === undefined ? {} : { payments: abilities.payments }),
    ...(abilities?.currencies === undefined ? {} : { currencies: abilities.currencies }),
    ...(refusal === undefined ? {} : { refusal }),
  };
}
