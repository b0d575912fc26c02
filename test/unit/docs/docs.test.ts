import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { loadConfig } from "../../../src/config/load.ts";
import { formatProblems } from "../../../src/config/problem.ts";
import { FAMILIES } from "../../../src/config-families.ts";
import { PAYMENT_REFUSALS } from "../../../src/domain/payment-request.ts";
import { paymentProblem } from "../../../src/http/payment-problems.ts";
import { ADVICE } from "../../../src/terminals/advice.ts";

async function textOf(path: string): Promise<string> {
  return readFile(new URL(`../../../${path}`, import.meta.url), "utf8");
}

function blocksIn(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, found, block = ""]) =>
    found === language ? [block] : [],
  );
}

const READMES = ["README.md", "README.zh-CN.md"];
/** What a whole config needs beside the section that is shown. */
const BASE = {
  terminals: [{ id: "t-1", family: "zvt", link: { tcp: "127.0.0.1:20007" } }],
  site: { tenant: "t", site: "s", gateway: "g" },
  uplink: { url: "mqtts://mqtt.example.com:8883" },
};

describe("what the documents show", () => {
  it.each(READMES)("the driver in %s is the one that passes the driver contract", async (readme) => {
    const driver = await textOf("test/contract/driver/example/line-driver.ts");
    expect(blocksIn(await textOf(readme), "ts")).toContain(driver);
  });

  it.each([
    ...READMES,
    "docs/field-guide.md",
    "docs/field-guide.zh-CN.md",
    "docs/till-api.md",
    "docs/till-api.zh-CN.md",
  ])("the terminals and tokens in %s are a good config", async (file) => {
    const blocks = blocksIn(await textOf(file), "yaml").filter((block) => /^(http|terminals):/m.test(block));
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) {
      const config = loadConfig(stringify({ ...BASE, ...parseSection(block) }), FAMILIES);
      expect(config.ok ? "" : formatProblems(config.problems), block).toBe("");
    }
  });

  it.each([
    ["docs/field-guide.md", "en"],
    ["docs/field-guide.zh-CN.md", "zh"],
  ] as const)("%s says for each reason of a terminal's state what the gateway says", async (file, language) => {
    const guide = await textOf(file);
    for (const [reason, words] of Object.entries(ADVICE))
      expect(guide).toContain(`| \`${reason}\` | ${words[language]} |`);
  });

  it.each(["docs/till-api.md", "docs/till-api.zh-CN.md"])(
    "%s has every refusal of a payment, and its status",
    async (file) => {
      const guide = await textOf(file);
      for (const refused of PAYMENT_REFUSALS) {
        const { status, title, remedy } = paymentProblem({ refused });
        expect(guide).toContain(`| \`${refused}\` | ${status} |`);
        if (file === "docs/till-api.md") expect(guide).toContain(`| ${title} | ${remedy} |`);
      }
    },
  );
});

function parseSection(block: string): object {
  const section: unknown = parse(block);
  return typeof section === "object" && section !== null ? section : {};
}
