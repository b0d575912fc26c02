import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { main } from "../../../src/cli/program.ts";
import { linkSchema } from "../../../src/contract/link.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { Shop } from "../../support/shop.ts";
import { waitUntil } from "../../support/wait-until.ts";

type Message = z.output<typeof linkSchema>;

let shop: Shop;

beforeAll(async () => {
  shop = await Shop.open({ terminals: 1 });
  await shop.terminal(1).signIn();
});

afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

async function asked(): Promise<Message> {
  return linkSchema.parse(JSON.parse(await shop.get("/api/v1/link")));
}

function retained(): Message {
  const args = [
    "-h",
    "127.0.0.1",
    "-p",
    String(shop.broker.port),
    "-t",
    "tillgate/v1/+/+/+/link",
    "-C",
    "1",
    "-W",
    "10",
  ];
  return linkSchema.parse(JSON.parse(spawnSync("mosquitto_sub", args, { encoding: "utf8" }).stdout));
}

async function status(lang: "en" | "zh-CN"): Promise<string> {
  const output = new CapturedOutput();
  await main(["status", "--lang", lang, "--url", `http://${shop.daemon.http}`], output);
  return output.printed.join("\n");
}

const PATIENT = { withinMs: 60_000, everyMs: 250 };

describe("the line of a shop whose broker dies and comes back", () => {
  it("is well to begin with, and stands so at the broker", async () => {
    await waitUntil("the broker holds that all is well", () => retained().verdict.status === "pass", PATIENT);
    expect((await asked()).verdict.status).toBe("pass");
  });

  it("is broken at headquarters, since when, why and what to do: API, status in both languages, metrics", async () => {
    const killedAt = Date.now();
    await shop.broker.kill();
    const { verdict, stages } = await waitUntil(
      "headquarters is blamed",
      async () => {
        const now = await asked();
        return now.verdict.fault === "hq.refused" ? now : undefined;
      },
      PATIENT,
    );
    expect(verdict).toMatchObject({ status: "warn", stage: "hqTcp" });
    expect(Date.parse(verdict.since)).toBeGreaterThanOrEqual(killedAt - 1_000);
    const broken = stages.find(({ stage }) => stage === "hqTcp");
    expect(broken).toMatchObject({ state: "down", status: "fail", advice: verdict.advice });
    expect(await status("en")).toContain(verdict.advice.en);
    expect(await status("zh-CN")).toContain(verdict.advice.zh);
    expect(await shop.metric("tillgate_link_stage_state", 'stage="hqTcp"')).toBe(1);
  });

  it("passes promtool while it is broken: the daemon's own /metrics", async () => {
    const text = await shop.get("/metrics");
    expect(text).toMatch(/^tillgate_link_stage_state\{.*state="down"\} 1$/m);
    const {
      status: code,
      stdout,
      stderr,
    } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
    expect({ code, said: stdout + stderr }).toEqual({ code: 0, said: "" });
  });

  it("is well again afterwards, at the broker too", async () => {
    await shop.broker.restart();
    await waitUntil("all is well again", async () => (await asked()).verdict.fault === undefined, PATIENT);
    await waitUntil("the broker holds that", () => retained().verdict.fault === undefined, PATIENT);
  });
});
