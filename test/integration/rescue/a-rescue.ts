import { writeFile } from "node:fs/promises";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { main } from "../../../src/cli/program.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { transactionId } from "../../../src/domain/transaction.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";
import type { TempDir } from "../../support/temp-dir.ts";

/** Headquarters' pair of keys: the secret one in a file, as age-keygen writes it. */
export interface HqKeys {
  readonly recipient: string;
  readonly identity: string;
}

export async function hqKeys(dir: TempDir, name = "hq"): Promise<HqKeys> {
  const secret = await generateX25519Identity();
  const recipient = await identityToRecipient(secret);
  const identity = dir.file(`${name}.key`);
  await writeFile(identity, `# created: 2026-11-25T18:15:00Z\n# public key: ${recipient}\n${secret}\n`, {
    mode: 0o600,
  });
  return { recipient, identity };
}

/** Sales of 123.45 CNY and one of 5 HKD for every tenth. */
export async function sellFor(ledger: Ledger, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n += 1) {
    const money = n % 10 === 0 ? { currency: currency("HKD"), amount: minorUnits(500) } : {};
    const transaction = aTransaction({ id: transactionId(`t-${n}`), stan: String(n).padStart(6, "0"), ...money });
    await ledger.append({
      kind: "transaction",
      terminal: transaction.terminal,
      body: { event: "answered", transaction },
    });
  }
}

/** What a `tillgate` command came to. @param command  As typed, without quotes: no argument has a space in it. */
export async function tillgate(command: string): Promise<CapturedOutput & { code: number }> {
  const output = new CapturedOutput();
  const code = await main(command.split(" "), output);
  return Object.assign(output, { code });
}

/** The gateway's public key, as the export printed it. */
export function printedKey({ printed }: CapturedOutput): string {
  const line = printed.find((text) => text.trim().startsWith("ed25519:"));
  if (line === undefined) throw new Error(`no key was printed:\n${printed.join("\n")}`);
  return line.trim();
}
