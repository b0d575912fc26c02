import type { HealthConfig } from "./config/schema.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import type { LinkWatch } from "./health/link/link-watch.ts";
import { type LimitsSet, machineLimits } from "./health/machine/machine-limits.ts";
import { MachineWatch } from "./health/machine/machine-watch.ts";
import { RebootWatch } from "./health/machine/reboot-watch.ts";
import type { Ledger } from "./queue/ledger.ts";
import type { Recorder } from "./recorder.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Log } from "./runtime/log.ts";
import { SysFiles } from "./runtime/sys-files.ts";

interface MachineParts {
  readonly ledger: Pick<Ledger, "sample">;
  readonly recorder: Pick<Recorder, "record">;
  readonly link: Pick<LinkWatch, "observe">;
}

/** Watches the machine itself: what it tells while it runs, and why it was started. */
export function gatewayMachine(
  { store, health }: GatewayConfig,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { ledger, recorder: { record }, link }: MachineParts,
): { readonly machine: MachineWatch; readonly reboots: RebootWatch } {
  const files = new SysFiles("/");
  return {
    reboots: new RebootWatch({ directory: store.directory, files, clock, log, record }),
    machine: new MachineWatch({
      files,
      limits: machineLimits(limitsSet(health)),
      clock,
      log,
      record,
      sample: (series, value) => ledger.sample(series, value),
      observe: (observation) => link.observe(observation),
    }),
  };
}

interface Pair {
  readonly warn: number;
  readonly clear: number;
}

type OnOff = LimitsSet[string];

function as({ warn, clear }: Pair): OnOff {
  return { on: warn, off: clear };
}

/** Percent. */
function ratio({ warn, clear }: Pair): OnOff {
  return { on: warn / 100, off: clear / 100 };
}

/** The config's figures, by the machine's nodes and in their units. */
function limitsSet(health: HealthConfig): LimitsSet {
  return {
    temperature: as(health.temperatureC),
    memory: ratio(health.memoryFreePercent),
    load: as(health.loadPerCore),
    responsiveness: as(health.lateMs),
    cpuPressure: ratio(health.cpuPressurePercent),
    ioPressure: ratio(health.ioPressurePercent),
    memoryPressure: ratio(health.memoryPressurePercent),
  };
}
