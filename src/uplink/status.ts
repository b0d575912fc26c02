import type { GatewayStatus } from "../contract/gateway-status.ts";
import { type GatewayAddress, statusTopic } from "../contract/topics.ts";
import type { ChainPoint } from "../domain/record.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Connection } from "./connection.ts";
import type { Outbox } from "./outbox.ts";
import { encodeProperties } from "./publish-packet.ts";

export interface StatusDeps {
  readonly address: GatewayAddress;
  /** Of tillgate. */
  readonly version: string;
  readonly outbox: Pick<Outbox, "stream" | "durable" | "head">;
  readonly clock: Clock;
  readonly log: Log;
}

/** ms for the store to say where the chain stands: a disk that hangs keeps nobody from saying that he is there. */
const HEAD_WITHIN_MS = 2_000;
const PROPERTIES = encodeProperties({ contentType: "application/json" });

/** What the gateway says on `status`: its birth, its goodbye, and in between how far its chain has got. */
export class StatusVoice {
  readonly #deps: StatusDeps;
  /** Seq that was said last. */
  #said = 0;
  #isAsking = false;

  constructor(deps: StatusDeps) {
    this.#deps = deps;
  }

  /** Before everything that waits for the broker. @param acknowledged  As {@link Connection.publish} calls it. */
  async say(
    state: "online" | "stopping",
    connection: Connection,
    session: string,
    acknowledged: () => void,
  ): Promise<void> {
    const { address, version, outbox, clock } = this.#deps;
    const head = await this.#head();
    const status: GatewayStatus = {
      state,
      session,
      stream: outbox.stream,
      at: rfc3339(clock.now()),
      version,
      ...(head === undefined ? {} : { head }),
    };
    if (head !== undefined) this.#said = head.seq;
    const message = { topic: statusTopic(address), payload: JSON.stringify(status), retain: true };
    connection.publish({ ...message, properties: PROPERTIES }, acknowledged, "ahead");
  }

  /** Says it again while the chain grows, until the connection ends or the signal fires. */
  async repeat(everyMs: number, connection: Connection, session: string, signal: AbortSignal): Promise<void> {
    await connection.every(everyMs, signal, () => {
      if (this.#isAsking || this.#deps.outbox.durable === this.#said) return;
      this.#isAsking = true;
      void this.say("online", connection, session, () => undefined).finally(() => {
        this.#isAsking = false;
      });
    });
  }

  async #head(): Promise<ChainPoint | undefined> {
    const { clock, log, outbox } = this.#deps;
    const enough = new AbortController();
    try {
      const late = clock.sleep(HEAD_WITHIN_MS, enough.signal).then(() => undefined);
      return await Promise.race([outbox.head(), late]);
    } catch (error) {
      log.warn("uplink.no-chain-head", { error });
      return undefined;
    } finally {
      enough.abort();
    }
  }
}
