import type { SysFiles } from "../../runtime/sys-files.ts";
import type { MachineFigures } from "./machine-figures.ts";

/** What the kernel's files tell; sources and formats: link-health.md 4. */
export async function readMachine(files: SysFiles): Promise<MachineFigures> {
  const [
    temperatureC,
    underVoltage,
    memoryFree,
    loadPerCore,
    cpuPressure,
    ioPressure,
    memoryPressure,
    ext4Errors,
    card,
  ] = await Promise.all([
    temperature(files),
    supply(files),
    memory(files),
    load(files),
    pressure(files, "cpu"),
    pressure(files, "io"),
    pressure(files, "memory"),
    fileSystemErrors(files),
    eMmc(files),
  ]);
  return {
    ...(temperatureC === undefined ? {} : { temperatureC }),
    ...(underVoltage === undefined ? {} : { underVoltage }),
    ...(memoryFree === undefined ? {} : { memoryFree }),
    ...(loadPerCore === undefined ? {} : { loadPerCore }),
    ...(cpuPressure === undefined ? {} : { cpuPressure }),
    ...(ioPressure === undefined ? {} : { ioPressure }),
    ...(memoryPressure === undefined ? {} : { memoryPressure }),
    ...(ext4Errors === undefined ? {} : { ext4Errors }),
    ...card,
  };
}

async function temperature(files: SysFiles): Promise<number | undefined> {
  const zones = (await files.names("/sys/class/thermal")).filter((name) => name.startsWith("thermal_zone"));
  const read = await Promise.all(zones.map(async (zone) => files.number(`/sys/class/thermal/${zone}/temp`)));
  // A zone whose sensor is off says 0 or less than the winter does.
  const degrees = read.filter((milli) => milli !== undefined && milli > 0).map((milli = 0) => milli / 1_000);
  return degrees.length === 0 ? undefined : Math.max(...degrees);
}

/**
 * Of the driver `rpi_volt`. The firmware's own register, `get_throttled`, must not be read: each look leaves a warning of the
 * kernel in its log, and shows what somebody else read before (link-health.md, finding 9).
 */
async function supply(files: SysFiles): Promise<boolean | undefined> {
  for (const name of await files.names("/sys/class/hwmon")) {
    const directory = `/sys/class/hwmon/${name}`;
    if ((await files.text(`${directory}/name`)) !== "rpi_volt") continue;
    const alarm = await files.number(`${directory}/in0_lcrit_alarm`);
    return alarm === undefined ? undefined : alarm !== 0;
  }
  return undefined;
}

async function memory(files: SysFiles): Promise<number | undefined> {
  const text = (await files.text("/proc/meminfo")) ?? "";
  const total = kibibytes(text, "MemTotal");
  const available = kibibytes(text, "MemAvailable");
  return total === undefined || available === undefined || total === 0 ? undefined : available / total;
}

function kibibytes(meminfo: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(meminfo)?.[1];
  return found === undefined ? undefined : Number(found);
}

async function load(files: SysFiles): Promise<number | undefined> {
  const mean = Number.parseFloat((await files.text("/proc/loadavg")) ?? "");
  const cores = (await files.names("/sys/devices/system/cpu")).filter((name) => /^cpu\d+$/.test(name)).length;
  return Number.isNaN(mean) || cores === 0 ? undefined : mean / cores;
}

/** Pressure stall information (kernel documentation, accounting/psi): percent, the mean over 60 s. */
async function pressure(files: SysFiles, of: "cpu" | "io" | "memory"): Promise<number | undefined> {
  const text = (await files.text(`/proc/pressure/${of}`)) ?? "";
  const percent = /^some .*\bavg60=(\d+(?:\.\d+)?)/m.exec(text)?.[1];
  return percent === undefined ? undefined : Number(percent) / 100;
}

async function fileSystemErrors(files: SysFiles): Promise<number | undefined> {
  const systems = await files.names("/sys/fs/ext4");
  const counts = await Promise.all(systems.map(async (name) => files.number(`/sys/fs/ext4/${name}/errors_count`)));
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, count) => sum + count, 0);
}

/** JEDEC eMMC 5.0: DEVICE_LIFE_TIME_EST in tenths, the worse of both kinds of cells; PRE_EOL_INFO 2 and 3 are warnings. */
async function eMmc(files: SysFiles): Promise<Pick<MachineFigures, "cardUsed" | "cardReserve">> {
  const disks = (await files.names("/sys/block")).filter((name) => /^mmcblk\d+$/.test(name));
  const cards = await Promise.all(
    disks.map(async (disk) => ({
      life: (await files.text(`/sys/block/${disk}/device/life_time`)) ?? "",
      reserve: await files.number(`/sys/block/${disk}/device/pre_eol_info`),
    })),
  );
  const tenths = cards.flatMap(({ life }) =>
    life
      .split(/\s+/)
      .filter((word) => /^0x[0-9a-f]+$/i.test(word))
      .map(Number),
  );
  const used = tenths.filter((tenth) => tenth > 0);
  const worst = Math.max(0, ...cards.map(({ reserve = 0 }) => reserve));
  return {
    ...(used.length === 0 ? {} : { cardUsed: Math.max(...used) / 10 }),
    ...(worst === 3 ? { cardReserve: "urgent" as const } : worst === 2 ? { cardReserve: "low" as const } : {}),
  };
}
