import type { Ledger } from "../../src/queue/ledger.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { createUplink, type Uplink } from "../../src/uplink/uplink.ts";

/** The uplink as the daemon has it, its limits on speed off, confirmed by the broker's word as a bare client is. */
export function draining(ledger: Ledger, url: string, window: number): Uplink {
  return createUplink(
    {
      address: { tenant: "bench", site: "shop-1", gateway: "gw-1" },
      url,
      protocol: "5",
      clientId: "tillgate-bench-shop-1-gw-1",
      confirm: "broker",
      window,
      unreceiptedMax: 5_000,
      keepaliveS: 30,
      connectTimeoutMs: 15_000,
      pubackDeadlineMs: 10_000,
      receiptDeadlineMs: 30_000,
      ratePerS: 0,
      burst: 100,
      drainControl: false,
      userProperties: false,
      timing: { retryFloorMs: 20, retryFirstMs: 40, retryCeilingMs: 200 },
    },
    {
      outbox: ledger,
      clock: systemClock(),
      log: silentLog,
      random: Math.random,
      version: "bench",
    },
  );
}

export async function whileRunning<T>(subject: Uplink, work: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const running = subject.run(stop.signal);
  try {
    return await work();
  } finally {
    stop.abort();
    await running;
  }
}
