import { connect } from "mqtt";

export interface Publishing {
  readonly url: string;
  readonly payload: string;
  readonly count: number;
  readonly window: number;
}

/** Publishes with mqtt.js as it is, QoS 1, so many at a time. @returns ms from the first to the last PUBACK. */
export async function publishAll({ url, payload, count, window }: Publishing): Promise<number> {
  const client = connect(url, { protocolVersion: 5 });
  await new Promise<void>((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("error", reject);
  });
  const startedAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    let sent = 0;
    let acknowledged = 0;
    const publish = (): void => {
      while (sent < count && sent - acknowledged < window) {
        sent += 1;
        client.publish("tillgate/v1/bench/shop-1/gw-1/replay/transaction", payload, { qos: 1 }, (error) => {
          if (error) reject(error);
          acknowledged += 1;
          if (acknowledged === count) resolve();
          else publish();
        });
      }
    };
    publish();
  });
  const ms = performance.now() - startedAt;
  await client.endAsync(true);
  return ms;
}
