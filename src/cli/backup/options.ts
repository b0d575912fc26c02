import type { StoreOptions } from "../journal/store.ts";

export interface BackupOptions extends StoreOptions {
  readonly to?: string;
  readonly json?: boolean;
}

export interface RestoreOptions extends StoreOptions {
  readonly from?: string;
  readonly setAside?: boolean;
  readonly drill?: boolean;
  readonly json?: boolean;
}
