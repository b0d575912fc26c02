import { assertNever } from "./domain/assert-never.ts";
import type {
  TerminalActionOutcome,
  TerminalActionRequest,
  TerminalActionSource,
} from "./http/terminal-action-source.ts";
import type { ActionResult, Orderer } from "./terminals/actions/order.ts";
import type { TerminalActions } from "./terminals/actions/terminal-actions.ts";

/** What the local endpoint can have done with terminals: whoever asks there stands in the shop. */
export function terminalActionSource(actions: TerminalActions): TerminalActionSource {
  return { act: async (request) => act(actions, request) };
}

async function act(actions: TerminalActions, request: TerminalActionRequest): Promise<TerminalActionOutcome> {
  const { action, terminal, who, reason, until, serial, answers, newTerminal } = request;
  const orderer: Orderer = { who, reason, by: "technician" };
  switch (action) {
    case "pause":
      return mapped(await actions.pause(terminal, orderer, until), (outcome) => ({ outcome }));
    case "resume":
      return mapped(await actions.resume(terminal, orderer, serial), (outcome) => ({ outcome }));
    case "selftest":
      return mapped(await actions.selftest(terminal, orderer, answers), (done) => done);
    case "settle":
      return mapped(await actions.settle(terminal, orderer), (done) => done);
    case "diagnose":
      return mapped(await actions.diagnose(terminal, orderer), (done) => done);
    case "replace":
      if (newTerminal === undefined) return { refused: "unknownTerminal" };
      return mapped(await actions.replace(terminal, newTerminal, orderer), ({ carried }) => ({
        outcome: "replaced",
        carried,
      }));
    default:
      return assertNever(action);
  }
}

type Shown = Extract<TerminalActionOutcome, { readonly done: unknown }>["done"];

function mapped<Done>(result: ActionResult<Done>, shown: (done: Done) => Shown): TerminalActionOutcome {
  return "done" in result ? { done: shown(result.done) } : result;
}
