import { createServer } from "node:http";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { main } from "../../../src/cli/program.ts";
import { anyOf, HEALTH_STATUSES, type HealthNode, type HealthStatus, wholeOf } from "../../../src/domain/health.ts";
import type { Sources } from "../../../src/http/sources.ts";
import { createEndpoint } from "../../../src/http/endpoint.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { aMeasure, NOTHING_AT_RISK } from "../../support/exposures.ts";
import { aLinkMessage, AN_IMPACT, PROVIDER_GONE } from "../../support/links.ts";
import { noSources } from "../../support/no-sources.ts";

/** Runs a real endpoint with this health while `work` asks it. */
async function withGateway<T>(
  health: HealthNode,
  work: (url: string) => Promise<T>,
  exposure: ReturnType<Sources["exposure"]> = { unknownBecause: "the ledger is still being read" },
  link = aLinkMessage(),
): Promise<T> {
  const stop = new AbortController();
  const endpoint = createEndpoint(
    { listen: { host: "127.0.0.1", port: 0 }, version: "1.2.3", serviceId: "demo/shop/gw" },
    noSources({ health: () => health, exposure: () => exposure, link: () => link }),
    { clock: systemClock(), log: silentLog },
  );
  const running = endpoint.run(stop.signal);
  try {
    const { port } = await endpoint.address();
    return await work(`http://127.0.0.1:${port}`);
  } finally {
    stop.abort();
    await running;
  }
}

function shop(status: HealthStatus): HealthNode {
  const till: HealthNode = {
    name: "till-1",
    status,
    observedValue: 12,
    observedUnit: "ms",
    since: "2026-01-31T10:00:00.000Z",
    reason: "answers \u001b[2Jslowly",
    advice: "check its cable",
  };
  return wholeOf("gateway", [{ weight: "vital", node: anyOf("terminals", [till]) }]);
}

describe("status", () => {
  it("exits by what it found; unknown is not pass", async () => {
    const codes = { pass: 0, unknown: 1, warn: 1, fail: 2 } as const;
    for (const status of HEALTH_STATUSES) {
      const output = new CapturedOutput();
      const code = await withGateway(shop(status), async (url) => main(["status", "--url", url], output));
      expect(code, status).toBe(codes[status]);
    }
  });

  it("shows the tree with what was observed, since when, why and what to do", async () => {
    const output = new CapturedOutput();
    await withGateway(shop("warn"), async (url) => main(["status", "--url", url], output));
    const text = output.printed.join("\n");
    expect(output.printed[0]).toMatch(/^demo\/shop\/gw, tillgate 1\.2\.3, \d{4}-/);
    expect(text).toMatch(/^WARN +gateway/m);
    expect(text).toMatch(/^WARN +till-1 +12 ms +2026-01-31 .*answers ·\[2Jslowly$/m);
    expect(text.match(/-> check its cable/g)).toHaveLength(1);
    expect(text).not.toContain("\u001b");
  });

  it("shows a ratio as a share, for people do not read `0.97 1`", async () => {
    const output = new CapturedOutput();
    const memory: HealthNode = { name: "memory", status: "pass", observedValue: 0.9654, observedUnit: "1" };
    await withGateway(memory, async (url) => main(["status", "--url", url], output));
    expect(output.printed.join("\n")).toMatch(/^PASS +memory +96\.5 %/m);
  });

  it("shows the way of a payment in one line, and where it is broken with what to do, in the language asked for", async () => {
    const output = new CapturedOutput();
    const nothing = { unknownBecause: "not asked" };
    const ask = async (url: string): Promise<number> => main(["status", "--url", url], output);
    await withGateway(shop("warn"), ask, nothing, aLinkMessage(PROVIDER_GONE));
    const [path = "", ...told] = output.printed.slice(output.printed.findIndex((line) => line.startsWith("THE LINE")));
    expect(path).toBe("THE LINE  router ok 2 ms > internet DOWN > acquirer ?");
    expect(told[0]).toMatch(/^ +The internet does not answer\. \(provider\.unreachable, since 2026-01-31 /);
    expect(told.slice(1).map((line) => line.trim())).toEqual(["-> Call the provider."]);

    const chinese = new CapturedOutput();
    const askIn = async (url: string): Promise<number> => main(["status", "--lang", "zh-CN", "--url", url], chinese);
    await withGateway(shop("warn"), askIn, nothing, aLinkMessage(PROVIDER_GONE));
    const [way, why, what] = chinese.printed.slice(-3);
    expect(way).toBe("线路      路由器 正常 2 ms > 互联网 中断 > 收单机构 未知");
    expect(why).toMatch(/^ +互联网没有应答。 \(provider\.unreachable, 开始于 2026-01-31 /);
    expect(what?.trim()).toBe("-> 请联系运营商。");
  });

  it("shows what went wrong with payments meanwhile, also where the line is well again", async () => {
    const text = {
      en: "12:00 to 13:00: of 21 payments 9 without an answer",
      zh: "12:00 至 13:00：21 笔付款中 9 笔无应答",
    };
    const message = aLinkMessage(undefined, [{ ...AN_IMPACT, text }]);
    const heads = { en: "PAYMENTS", "zh-CN": "付款" } as const;
    for (const [lang, told] of [
      ["en", text.en],
      ["zh-CN", text.zh],
    ] as const) {
      const output = new CapturedOutput();
      const ask = async (url: string): Promise<number> => main(["status", "--lang", lang, "--url", url], output);
      await withGateway(shop("pass"), ask, { unknownBecause: "not asked" }, message);
      const shown = output.printed.map((line) => line.trim());
      expect(shown.slice(shown.findIndex((line) => line.startsWith(heads[lang])) + 1)).toEqual([told]);
    }
  });

  it("shows money at risk, a line for each measure that is not empty", async () => {
    const asOf = "2026-01-31T10:00:00.000Z";
    const stream = "00000000-0000-4000-8000-000000000001";
    const output = new CapturedOutput();
    const now = {
      ...NOTHING_AT_RISK,
      inDoubt: { ...aMeasure(1_000), oldestAgeIsAtLeast: true as const },
      unsettled: {
        ...aMeasure(50_000, { count: 3, credit: 500 }),
        sums: [...aMeasure(0, { count: 3, credit: 500 }).sums, ...aMeasure(0, { terminal: "till-2", hold: 1 }).sums],
      },
      parked: aMeasure(200_000, { currency: "360" }),
    };
    await withGateway(shop("pass"), async (url) => main(["status", "--url", url], output), {
      asOf,
      clockSynced: true,
      stream,
      ...now,
    });
    const text = output.printed.join("\n");
    expect(text).toMatch(/^in doubt +1 +123\.45 CNY +at least 16 min$/m);
    expect(text).toMatch(/^unsettled +4 +246\.90 CNY +5\.00 CNY +0\.01 CNY +13 h$/m);
    expect(text).toMatch(/^parked.* +1 +12345 in currency 360 +2 d$/m);
    expect(text).not.toContain("unbalanced");
  });

  it("colours the status for a terminal only", async () => {
    const output = new CapturedOutput(true);
    await withGateway(shop("fail"), async (url) => main(["status", "--url", url], output));
    expect(output.printed.join("\n")).toContain("\u001b[31mFAIL\u001b[39m");
  });

  it("gives the health document with --json", async () => {
    const output = new CapturedOutput();
    const code = await withGateway(shop("fail"), async (url) => main(["status", "--json", "--url", url], output));
    expect(code).toBe(2);
    expect(JSON.parse(output.printed.join("\n"))).toMatchObject({
      status: "fail",
      serviceId: "demo/shop/gw",
      link: { verdict: { status: "unknown" }, stages: [] },
    });
  });

  it("exits 3 when nothing answers there, or something else does", async () => {
    const other = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const stranger = new CapturedOutput();
    expect(await main(["status", "--url", `http://127.0.0.1:${port}`], stranger)).toBe(3);
    other.close();
    await once(other, "close");
    const nobody = new CapturedOutput();
    expect(await main(["status", "--url", `http://127.0.0.1:${port}`], nobody)).toBe(3);
    expect(nobody.complained[0]).toContain("ECONNREFUSED");
    expect(nobody.complained[1]).toContain("systemctl status tillgate");
  });
});
