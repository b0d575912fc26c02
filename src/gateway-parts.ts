import type { BackupKeeper } from "./backup-keeper.ts";
import type { RelayDriver } from "./drivers/iso8583/index.ts";
import type { Ledger } from "./queue/ledger.ts";
import type { Recorder } from "./recorder.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Uplink } from "./uplink/uplink.ts";

/** The running parts that the local endpoint shows something of. */
export interface GatewayParts {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly uplink: Uplink;
  readonly drivers: readonly RelayDriver[];
  readonly backups: BackupKeeper | undefined;
  readonly clock: Clock;
}
