import type { z } from "zod";
import type { Problem } from "../contract/http.ts";
import type { TerminalActionRefusal } from "./terminal-action-source.ts";

interface Entry {
  /** The last word of the problem's type. Stable. */
  readonly type: string;
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
}

const REFUSALS: Readonly<Record<TerminalActionRefusal["refused"], Entry>> = {
  unknownTerminal: {
    type: "noSuchTerminal",
    status: 404,
    title: "there is no such terminal",
    remedy: "See GET /api/v1/terminals for their names.",
  },
  unknownGroup: {
    type: "noSuchTerminal",
    status: 404,
    title: "there is no such group of terminals",
    remedy: "See GET /api/v1/terminals for their groups.",
  },
  severalMerchants: {
    type: "noSuchTerminal",
    status: 404,
    title: "no terminal is named, and they belong to more than one merchant",
    remedy: "See GET /api/v1/terminals for their names.",
  },
  notSupported: {
    type: "notSupported",
    status: 422,
    title: "this terminal cannot do that",
    remedy: "Do it at the terminal itself; a relayed terminal is paused in the config.",
  },
  wrongCurrency: {
    type: "wrongCurrency",
    status: 422,
    title: "this terminal does not take that currency",
    remedy: "See its manual, or use another terminal.",
  },
  paused: {
    type: "terminalPaused",
    status: 409,
    title: "the terminal is paused",
    remedy: "See reasons; resume it when that is settled.",
  },
  disabled: {
    type: "terminalDisabled",
    status: 409,
    title: "the terminal is disabled",
    remedy: "See reasons, and its advice at GET /api/v1/terminals.",
  },
  busy: {
    type: "terminalBusy",
    status: 409,
    title: "the terminal is in use",
    remedy: "Ask again when its payment has ended.",
  },
  offline: {
    type: "terminalOffline",
    status: 503,
    title: "the terminal cannot be reached",
    remedy: "See reasons, and its advice at GET /api/v1/terminals.",
  },
  noneFree: {
    type: "noTerminalFree",
    status: 503,
    title: "no terminal can be had now",
    remedy: "Ask again in a minute.",
  },
  notPaused: {
    type: "terminalNotPaused",
    status: 409,
    title: "nothing holds this terminal back",
    remedy: "See its state and reason at GET /api/v1/terminals.",
  },
  pausedByConfig: {
    type: "pausedByConfig",
    status: 409,
    title: "the config holds this terminal back",
    remedy: "Take the key paused out of its entry in the config, and start tillgate again.",
  },
  wrongTerminal: {
    type: "wrongTerminal",
    status: 409,
    title: "another terminal answers on this port",
    remedy:
      "Swap the plugs back; or read the serial number on the terminal itself and send it as serial to confirm that it is the right one.",
  },
  blocked: {
    type: "replacementBlocked",
    status: 409,
    title: "something on the old terminal has to end first",
    remedy: "Do what reasons say, then ask again.",
  },
  notRecorded: {
    type: "notRecorded",
    status: 503,
    title: "the ledger does not take it, so nothing was done",
    remedy: "See GET /health, then ask again.",
  },
};

/** Which member of the request it is about, where it is about one. */
const FIELD: Readonly<Partial<Record<TerminalActionRefusal["refused"], string>>> = {
  unknownTerminal: "id",
  wrongTerminal: "serial",
};

export function terminalProblem({ refused, because, until, blocks = [] }: TerminalActionRefusal): Problem {
  const { type, status, title, remedy } = REFUSALS[refused];
  const field = FIELD[refused];
  const reasons = [
    ...(because === undefined ? [] : [because]),
    ...(until === undefined ? [] : [`until ${until}`]),
    ...blocks.map(
      ({ what, count, remedy: { en, zh } }) => `${what}${count === undefined ? "" : ` (${count})`}: ${en} ${zh}`,
    ),
  ];
  return {
    type: `urn:tillgate:problem:${type}`,
    title,
    status,
    remedy,
    ...(field === undefined ? {} : { errors: [{ field, remedy }] }),
    ...(reasons.length === 0 ? {} : { reasons }),
  };
}

/** Names what is wrong and what is allowed, never what was sent: it could be a card number. */
export function bodyProblem({ issues }: z.ZodError, known: readonly string[]): Problem {
  return badBody(
    issues.map((issue) =>
      issue.code === "unrecognized_keys"
        ? { field: "(unknown)", remedy: `members are ${known.join(", ")}` }
        : {
            field: issue.path.join(".") || "(body)",
            remedy: issue.path.length === 0 ? "send a JSON object" : issue.message,
          },
    ),
  );
}

export function isNamedByToken(): Problem {
  return badBody([
    { field: "who", remedy: "leave it out: the ledger names your token; only an admin acts for others" },
  ]);
}

export function endIsPast(): Problem {
  return badBody([{ field: "until", remedy: "a time that is still to come" }]);
}

function badBody(errors: NonNullable<Problem["errors"]>): Problem {
  return {
    type: "urn:tillgate:problem:badBody",
    title: "a member of the body is wrong",
    status: 400,
    remedy: "Correct the members named in errors.",
    errors,
  };
}
