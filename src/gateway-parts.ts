import type { BackupKeeper } from "./backup-keeper.ts";
import type { HealthConfig } from "./config/schema.ts";
import type { Impact } from "./domain/impact.ts";
import type { BootTimes } from "./domain/redate.ts";
import type { RelayDriver } from "./drivers/iso8583/index.ts";
import type { ExposureReport } from "./exposure-report.ts";
import type { Casework } from "./gateway-casework.ts";
import type { GatewayTerminals } from "./gateway-terminals.ts";
import type { CertificateWatch } from "./health/certificates/certificate-watch.ts";
import type { InterferenceWatch } from "./health/interference/interference-watch.ts";
import type { SerialLines } from "./health/interference/serial/serial-lines.ts";
import type { RebootWatch } from "./health/machine/reboot-watch.ts";
import type { MachineWatch } from "./health/machine/machine-watch.ts";
import type { Outlook } from "./health/outlook/outlook-at.ts";
import type { LinkWatch } from "./health/link/link-watch.ts";
import type { Ledger } from "./queue/ledger.ts";
import type { Recorder } from "./recorder.ts";
import type { BelievedClock } from "./runtime/believed-clock.ts";
import type { Uplink } from "./uplink/uplink.ts";

/** The running parts that the local endpoint shows something of. */
export interface GatewayParts {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly uplink: Uplink;
  readonly drivers: readonly RelayDriver[];
  readonly terminals: GatewayTerminals["supervised"];
  readonly backups: BackupKeeper | undefined;
  readonly exposure: ExposureReport;
  readonly link: LinkWatch;
  readonly machine: MachineWatch;
  readonly reboots: RebootWatch;
  readonly certificates: Pick<CertificateWatch, "sights">;
  readonly limits: HealthConfig;
  /** None until the ledger has been read. */
  readonly impacts: () => readonly Impact[];
  readonly diagnosis: Casework["diagnosis"];
  /** `undefined` until the ledger has been read. */
  readonly outlook: () => Outlook | undefined;
  /** Absent where the config has it off. */
  readonly interference: InterferenceWatch | undefined;
  /** Absent where no terminal is on a serial line. */
  readonly serial: SerialLines | undefined;
  /** `undefined` until the ledger has been read. */
  readonly bootTimes: () => BootTimes | undefined;
  readonly clock: BelievedClock;
}
