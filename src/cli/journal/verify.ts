import { assertNever } from "../../domain/assert-never.ts";
import type { OfflineLedger } from "../../queue/offline.ts";
import type { Output } from "../output.ts";

const BROKEN = 1;

/** `journal verify`: computes every hash again. @returns 1 at the first record that is not what was written. */
export async function verify(ledger: OfflineLedger, output: Output): Promise<number> {
  const { records, freed, firstBad } = await ledger.verify();
  if (freed !== undefined)
    output.print(`Records 1 to ${freed} were confirmed and freed; of them only the chain is kept.`);
  if (firstBad === undefined) {
    output.print(`${records} records, the chain is whole. Stream ${ledger.stream}.`);
    return 0;
  }
  output.print(
    `Record ${firstBad.seq} is the first bad one: ${wordsFor(firstBad.reason)}. ${records} records before it are good.`,
  );
  output.print("Stop the gateway, keep a copy of the store directory as it is, and check the disk. Delete nothing.");
  return BROKEN;
}

type Fault = NonNullable<Awaited<ReturnType<OfflineLedger["verify"]>>["firstBad"]>["reason"];

function wordsFor(reason: Fault): string {
  switch (reason) {
    case "missing":
      return "it is missing";
    case "hash":
      return "it, or its link to the record before it, is not what was written";
    case "unreadable":
      return "the file cannot be read from there on";
    default:
      return assertNever(reason);
  }
}
