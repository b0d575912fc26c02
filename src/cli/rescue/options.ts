import type { GatewayAddress } from "../../contract/topics.ts";
import type { Seq } from "../../domain/record.ts";
import type { StoreOptions } from "../journal/store.ts";

export interface RescueExportOptions extends StoreOptions {
  readonly out: string;
  readonly recipient?: string;
  readonly from?: Seq;
  readonly gateway?: GatewayAddress;
  readonly json?: boolean;
}

export interface RescueImportOptions {
  readonly identity: string;
  readonly into?: string;
  readonly jsonl?: string;
  readonly gatewayKey?: string;
  readonly trustOnFirstUse?: boolean;
  readonly knownKeys?: string;
  readonly gateway?: GatewayAddress;
  readonly json?: boolean;
}
