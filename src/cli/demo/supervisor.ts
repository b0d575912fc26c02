import { randomBytes } from "node:crypto";
import { inDoubtAnswer } from "../../contract/payments.ts";
import type { TokenHolder } from "../../gateway-config.ts";
import { Secret } from "../../runtime/secret.ts";
import type { Driven } from "./driven.ts";

const ANSWER_WITHIN_MS = 5_000;

/** Who looks after what nobody saw the end of, over the same endpoint as people do. */
export class Supervisor {
  readonly holder: TokenHolder = {
    name: "supervisor",
    role: "supervisor",
    secret: new Secret(randomBytes(24).toString("hex")),
  };

  /** Payments in doubt: those of terminals that tillgate drives. */
  async doubts(url: string): Promise<readonly Doubt[]> {
    const response = await fetch(`${url}/api/v1/in-doubt`, this.#asMe());
    if (!response.ok) throw new Error(`in-doubt: ${response.status}`);
    return inDoubtAnswer.parse(await response.json()).inDoubt.filter(({ till }) => till !== undefined);
  }

  /** Looks in the terminal's own list, as `tillgate in-doubt resolve` is for. */
  async resolve(url: string, { id, amount }: Doubt, { charges }: Driven): Promise<void> {
    const isCharged = charges().some((charge) => charge.amount === amount);
    await fetch(`${url}/api/v1/in-doubt/${id}/resolve`, {
      ...this.#asMe({ "content-type": "application/json" }),
      method: "POST",
      body: JSON.stringify({ as: isCharged ? "approved" : "failed", reason: "the terminal's own list" }),
    });
  }

  #asMe(headers: Readonly<Record<string, string>> = {}): RequestInit {
    return {
      headers: { ...headers, authorization: `Bearer ${this.holder.secret.reveal()}` },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    };
  }
}

type Doubt = ReturnType<typeof inDoubtAnswer.parse>["inDoubt"][number];
