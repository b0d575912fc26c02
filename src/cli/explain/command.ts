import { type Command, InvalidArgumentError, Option } from "commander";
import { CODE_PROFILES, type CodeProfile } from "../../domain/code-words.ts";
import type { Output } from "../output.ts";
import type { ExplainOptions } from "./explain-code.ts";

/** `tillgate explain`. @param ended  Gets the exit code. */
export function addExplain(program: Command, output: Output, ended: (code: number) => void): void {
  program
    .command("explain")
    .description("what a response code (DE39) or a terminal's own result means, and who does what; exit code 1 unknown")
    .argument("<code>", "two characters, e.g. 03 or A0; with --device the terminal's result", readCode)
    .option("--mti <type>", "message type that carried it: 0400 carries reasons, not answers", readMti)
    .addOption(new Option("--scheme <name>", "of the card").choices(["unionpay", "visa", "mastercard"]))
    .addOption(new Option("--profile <name>", "how the acquirer reads 78, A8, B1, P1").choices(CODE_PROFILES))
    .option("--device", "a ZVT result (6C) or a driver's word (paperOut) instead of DE39", false)
    .option("--config <file>", "take profile and codes of its acquirer")
    .option("--acquirer <name>", "which of them; the first when absent")
    .option("--json", "as JSON, both languages", false)
    .addOption(new Option("--lang <language>", "of the words").choices(["en", "zh-CN"]).default("en"))
    .action(async (code: string, options: ExplainOptions & { readonly profile?: CodeProfile }) => {
      const { explainCode } = await import("./explain-code.ts");
      ended(await explainCode(code, options, output));
    });
}

function readCode(value: string): string {
  // Longer ones could be a card number, and nothing that is printed may be one.
  if (!/^[A-Za-z0-9]{2}$|^[A-Za-z]{3,32}$/.test(value))
    throw new InvalidArgumentError("Allowed: two letters or digits.");
  return value.length === 2 ? value.toUpperCase() : value;
}

function readMti(value: string): string {
  if (!/^[0-9]{4}$/.test(value)) throw new InvalidArgumentError("Allowed: four digits, e.g. 0210.");
  return value;
}
