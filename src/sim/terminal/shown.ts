import type { SettlementVerdict } from "../../domain/settlement.ts";
import type { JournalEntry } from "./journal.ts";

/** Nothing left the terminal, or nothing came back, or the power went. */
export type Failed =
  | { readonly shown: "noConnection"; readonly reason: string }
  | { readonly shown: "noAnswer"; readonly reason: "timeout" | "closed" }
  | { readonly shown: "powerCut" };

/** What the terminal's screen says after a transaction. `noAnswer` and `badAnswer` leave a reversal or an advice owed. */
export type Shown =
  | { readonly shown: "approved"; readonly code: string; readonly entry: JournalEntry }
  | { readonly shown: "declined"; readonly code: string; readonly text?: string; readonly entry: JournalEntry }
  | { readonly shown: "badAnswer"; readonly reason: "A0" | "96" | "06"; readonly entry: JournalEntry }
  | ((Failed | { readonly shown: "signInFirst" } | { readonly shown: "journalFull" }) & {
      readonly entry?: JournalEntry;
    });

/** What it says after sign-in, sign-off, echo and download. */
export type Managed = { readonly shown: "done" } | { readonly shown: "declined"; readonly code: string } | Failed;

/** What it says after a settlement. */
export type Settled =
  | {
      readonly shown: "settled";
      readonly batch: string;
      readonly domestic: SettlementVerdict;
      readonly foreign: SettlementVerdict;
      /** Details uploaded because the host's figures differed. */
      readonly uploaded: number;
    }
  | { readonly shown: "declined"; readonly code: string }
  | Failed;
