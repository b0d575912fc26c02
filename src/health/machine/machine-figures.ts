/** What can be read of the machine itself. What this machine does not tell is absent: unknown, never 0. */
export interface MachineFigures {
  /** °C, the hottest thermal zone. */
  readonly temperatureC?: number;
  /** Below about 4.63 V at some time in the last 2 s, as the Raspberry Pi's firmware says. */
  readonly underVoltage?: boolean;
  /** Memory that programs can still have, of all, 0..1. */
  readonly memoryFree?: number;
  /** Programs that want the processor, one minute's mean, for each core. */
  readonly loadPerCore?: number;
  /** 99th percentile by which timers came late since the last look, ms. */
  readonly lateMs?: number;
  /** Share of the last 60 s in which some program waited for it, 0..1 (PSI, `some avg60`). Absent on kernels without PSI. */
  readonly cpuPressure?: number;
  readonly ioPressure?: number;
  readonly memoryPressure?: number;
  /** Errors that ext4 has counted on all its file systems, since they were last repaired. */
  readonly ext4Errors?: number;
  /** Share of its life that an eMMC says it has used, 0..1; 1.1 beyond it. SD cards have no such register. */
  readonly cardUsed?: number;
  /** An eMMC's reserve blocks: 80 % used, or nearly all. */
  readonly cardReserve?: "low" | "urgent";
}
