import { describe, expect, it } from "vitest";
import { healthAnswer } from "../../../src/contract/http.ts";
import { healthLines } from "../../../src/domain/health.ts";
import { serveZvtPort } from "../../../src/sim/zvt/serve.ts";
import { ZvtTerminal } from "../../../src/sim/zvt/terminal.ts";
import { DrivenShop } from "../../support/driven-shop.ts";
import { noisyCable } from "../../support/noisy-cable.ts";
import { waitUntil } from "../../support/wait-until.ts";

/** ms. The line is looked at every 15 s. */
const PATIENT = { withinMs: 170_000, everyMs: 300 };

describe("a shop whose terminal is on a noisy serial line", () => {
  it(
    "is told so: counters with the terminal, the cause and what to do in the health tree",
    { timeout: 240_000 },
    async () => {
      using terminal = new ZvtTerminal({ times: { ackMs: 1_000 } });
      await using cable = await noisyCable(0.004, 3);
      await using _ = await serveZvtPort(terminal, cable.far);
      const link = { serial: { path: cable.path } };
      await using shop = await DrivenShop.open([
        { id: "counter-1", family: "zvt", link, ackTimeoutMs: 1_000, configByte: "98" },
      ]);
      await shop.ready();
      let sales = 0;
      const line = await waitUntil(
        "the line's verdict is lineNoise",
        async () => {
          // The 200 frames that a verdict takes; whether a sale comes through is not the question here.
          sales += 1;
          await shop.till.pay(`k-${sales}`, { orderId: `O-${sales}`, amount: 700 + sales });
          const view = await shop.view();
          return view.line?.verdict?.cause === "lineNoise" ? view.line : undefined;
        },
        PATIENT,
      );
      expect(line.lastHour.checksumFaults).toBeGreaterThan(0);
      expect(line.lastHour.naksReceived).toBeGreaterThan(0);
      expect(line.frameErrorRate).toBeGreaterThan(0.005);
      expect(line.verdict?.advice.zh).toMatch(/[一-鿿]/);
      const root = healthAnswer.parse(JSON.parse(await shop.text("/health")));
      const node = healthLines(root).find(({ path }) => path === "interference/serial:counter-1")?.node;
      expect(node).toMatchObject({ status: "warn", observedValue: "lineNoise" });
      expect(node?.reason).toContain("frameErrorRate");
      const metrics = await shop.text("/metrics");
      expect(metrics).toMatch(
        /tillgate_driver_events_total\{driver="terminal:counter-1",event="checksumFaults"\} [1-9]/,
      );
      expect(metrics).toMatch(/event="bytesIn"\} [1-9]/);
    },
  );
});
