import { hash, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Asker, Role } from "../domain/role.ts";
import type { Secret } from "../runtime/secret.ts";
import { bearerOf } from "./bearer.ts";
import { paymentProblem } from "./payment-problems.ts";
import { problem, type ProblemDetail, sendProblem } from "./problems.ts";

/** A token that somebody was given. Its name is a till's identity: orders and keys are scoped by it. */
export interface Credential extends Asker {
  readonly secret: Secret;
}

/** The name of the token that the gateway lays down in its store's directory. The config gives it to nobody. */
export const LOCAL_NAME = "local";

interface Known {
  readonly asker: Asker;
  readonly digest: Buffer;
}

/** Who may ask for what. Takes the same time whatever a request carries. */
export class Access {
  readonly #known: readonly Known[];

  constructor(credentials: readonly Credential[]) {
    this.#known = credentials.map(({ name, role, secret }) => ({
      asker: { name, role },
      digest: hash("sha256", secret.reveal(), "buffer"),
    }));
  }

  /** `undefined` for a request without a token, or with one that nobody was given. */
  who(header: string | undefined): Asker | undefined {
    const given = hash("sha256", bearerOf(header) ?? "", "buffer");
    let found: Asker | undefined;
    for (const { asker, digest } of this.#known) if (timingSafeEqual(given, digest)) found = asker;
    return bearerOf(header) === undefined ? undefined : found;
  }

  /** @returns who asks; `undefined` when that was refused, with 401 or 403, because nobody of these roles does. */
  admit(request: FastifyRequest, reply: FastifyReply, roles: ReadonlySet<Role>): Asker | undefined {
    const asker = this.who(request.headers.authorization);
    if (asker === undefined) {
      void sendProblem(reply.header("www-authenticate", "Bearer"), problem("unauthorised"));
      return undefined;
    }
    if (asker.role === "admin" || roles.has(asker.role)) return asker;
    void sendProblem(reply, { ...paymentProblem({ refused: "notPermitted" }), errors: [wantedRoles(roles)] });
    return undefined;
  }
}

function wantedRoles(roles: ReadonlySet<Role>): NonNullable<ProblemDetail["errors"]>[number] {
  return { field: "Authorization", remedy: `the token of one of these roles: ${[...roles, "admin"].join(", ")}` };
}

/** Who it is in the ledger. The gateway's own token says nothing of who stands there; any other's name goes with the person's. */
export function askerName({ name }: Asker, person: string | undefined): string {
  if (person === undefined) return name;
  return name === LOCAL_NAME ? person : `${person} (${name})`;
}
