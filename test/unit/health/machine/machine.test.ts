import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { seq } from "../../../../src/domain/record.ts";
import type { StageObservation } from "../../../../src/domain/stage.ts";
import { machineNode } from "../../../../src/health/machine-node.ts";
import type { MachineFigures } from "../../../../src/health/machine/machine-figures.ts";
import { judged } from "../../../../src/health/machine/machine-judge.ts";
import { machineLimits } from "../../../../src/health/machine/machine-limits.ts";
import { MachineWatch } from "../../../../src/health/machine/machine-watch.ts";
import { readMachine } from "../../../../src/health/machine/read-machine.ts";
import { silentLog } from "../../../../src/runtime/log.ts";
import { SysFiles } from "../../../../src/runtime/sys-files.ts";
import { tempDir, type TempDir } from "../../../support/temp-dir.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

/** As a Raspberry Pi 4 with an eMMC on its carrier shows itself; written by hand from the kernel's formats. */
const PI: Readonly<Record<string, string>> = {
  "/sys/class/thermal/thermal_zone0/temp": "52095\n",
  "/sys/class/thermal/cooling_device0/type": "pwm-fan\n",
  "/sys/class/hwmon/hwmon0/name": "cpu_thermal\n",
  "/sys/class/hwmon/hwmon1/name": "rpi_volt\n",
  "/sys/class/hwmon/hwmon1/in0_lcrit_alarm": "0\n",
  "/proc/meminfo": "MemTotal:        3884360 kB\nMemFree:          180000 kB\nMemAvailable:    1942180 kB\n",
  "/proc/loadavg": "1.00 0.60 0.30 2/210 4711\n",
  "/proc/pressure/cpu":
    "some avg10=9.00 avg60=2.00 avg300=1.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
  "/proc/pressure/io":
    "some avg10=0.00 avg60=1.50 avg300=0.20 total=9\nfull avg10=0.00 avg60=1.00 avg300=0.10 total=7\n",
  "/sys/devices/system/cpu/cpu0/topology/core_id": "0\n",
  "/sys/devices/system/cpu/cpu1/topology/core_id": "1\n",
  "/sys/devices/system/cpu/cpufreq/boost": "0\n",
  "/sys/fs/ext4/mmcblk0p2/errors_count": "0\n",
  "/sys/fs/ext4/features/lazy_itable_init": "supported\n",
  "/sys/block/mmcblk0/device/life_time": "0x02 0x03\n",
  "/sys/block/mmcblk0/device/pre_eol_info": "0x01\n",
};
const PI_FIGURES: MachineFigures = {
  temperatureC: 52.095,
  underVoltage: false,
  memoryFree: 0.5,
  loadPerCore: 0.5,
  cpuPressure: 0.02,
  ioPressure: 0.015,
  ext4Errors: 0,
  cardUsed: 0.3,
};

async function put(dir: TempDir, files: Readonly<Record<string, string>>): Promise<SysFiles> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(dir.file(path)), { recursive: true });
    await writeFile(dir.file(path), text);
  }
  return new SysFiles(dir.path);
}

describe("a machine's files", () => {
  it("tell a Raspberry Pi's supply, heat, memory, load and storage", async () => {
    await using dir = await tempDir();
    expect(await readMachine(await put(dir, PI))).toEqual(PI_FIGURES);
  });

  it("that are not there leave their figure out: it is unknown, not 0", async () => {
    await using dir = await tempDir();
    expect(await readMachine(new SysFiles(dir.path))).toEqual({});
    expect(await readMachine(await put(dir, { "/proc/loadavg": "0.5 0.5 0.5 1/2 3\n" }))).toEqual({});
  });

  it("that changed, are cut or nonsense leave it out too, and the others stay", async () => {
    await using dir = await tempDir();
    const spoilt = {
      "/sys/class/thermal/thermal_zone0/temp": "-273150\n",
      "/proc/meminfo": "MemTotal:        3884360 kB\nMemAvailable: many\n",
      "/proc/loadavg": "\n",
      "/proc/pressure/cpu": "some avg10=9.00\n",
      "/proc/pressure/io": "full avg60=90.00\n",
      "/sys/fs/ext4/mmcblk0p2/errors_count": "none\n",
      "/sys/block/mmcblk0/device/life_time": "0x00 0x00\n",
      "/sys/class/hwmon/hwmon1/in0_lcrit_alarm": "",
    };
    expect(await readMachine(await put(dir, { ...PI, ...spoilt }))).toEqual({});
  });

  it("tell an eMMC at its end by the worse of its figures", async () => {
    await using dir = await tempDir();
    const worn = {
      "/sys/block/mmcblk1/device/life_time": "0x01 0x0b\n",
      "/sys/block/mmcblk1/device/pre_eol_info": "0x03\n",
    };
    expect(await readMachine(await put(dir, { ...PI, ...worn }))).toMatchObject({
      cardUsed: 1.1,
      cardReserve: "urgent",
    });
  });
});

function statuses(...looks: readonly MachineFigures[]): Readonly<Record<string, string>> {
  const view = looks.reduce((before, figures) => judged(before, figures), judged(new Map(), {}));
  return Object.fromEntries((machineNode(view).parts ?? []).map(({ name, status }) => [name, status]));
}

describe("the machine's health", () => {
  it("passes where everything is well, and has no node for what this machine cannot tell", () => {
    expect(statuses(PI_FIGURES)).toEqual({
      supply: "pass",
      temperature: "pass",
      memory: "pass",
      load: "pass",
      cpuPressure: "pass",
      ioPressure: "pass",
      fileSystem: "pass",
      cardWear: "pass",
      cardReserve: "pass",
    });
    expect(statuses({ memoryFree: 0.4 })).toEqual({ memory: "pass" });
  });

  it("warns with what to do, and between the two limits stays what it was", () => {
    const hot = statuses({ temperatureC: 76 });
    expect(hot).toEqual({ temperature: "warn" });
    expect(statuses({ temperatureC: 72 })).toEqual({ temperature: "pass" });
    expect(statuses({ temperatureC: 76 }, { temperatureC: 72 })).toEqual({ temperature: "warn" });
    expect(statuses({ temperatureC: 76 }, { temperatureC: 70 })).toEqual({ temperature: "pass" });
    expect(statuses({ memoryFree: 0.04 }, { memoryFree: 0.08 })).toEqual({ memory: "warn" });
    expect(statuses({ memoryFree: 0.08 })).toEqual({ memory: "pass" });
    const [node] = machineNode(judged(new Map(), { ext4Errors: 2 })).parts ?? [];
    expect(node).toMatchObject({ status: "warn", observedValue: 2, observedUnit: "errors" });
    expect(node?.advice).toContain("tillgate backup");
  });

  it("warns of a card that programs wait for until it is well below that again, and of a limit that the config sets", () => {
    expect(statuses({ ioPressure: 0.2 }, { ioPressure: 0.15 })).toEqual({ ioPressure: "warn" });
    expect(statuses({ ioPressure: 0.2 }, { ioPressure: 0.1 })).toEqual({ ioPressure: "pass" });
    expect(statuses({ memoryPressure: 0.12 }, { memoryPressure: 0.06 })).toEqual({ memoryPressure: "warn" });
    const set = machineLimits({ temperature: { on: 50, off: 45 } });
    expect(judged(new Map(), { temperatureC: 51 }, set).get("temperature")?.isTrouble).toBe(true);
  });

  it("does not know what a sensor says that fell silent", () => {
    expect(statuses({ temperatureC: 50 }, {})).toEqual({ temperature: "unknown" });
    expect(statuses({ temperatureC: 80 }, {})).toEqual({ temperature: "unknown" });
  });

  it("warns of an eMMC whose reserve is low, also where its life is not", () => {
    expect(statuses({ cardUsed: 0.1, cardReserve: "low" })).toMatchObject({ cardWear: "pass", cardReserve: "warn" });
  });
});

it("an under-voltage is one episode in the ledger however often it dips, and makes the box the weak stage", async () => {
  await using dir = await tempDir();
  const files = await put(dir, PI);
  const alarm = "/sys/class/hwmon/hwmon1/in0_lcrit_alarm";
  const clock = new VirtualClock();
  const recorded: object[] = [];
  const seen: StageObservation[] = [];
  const samples = new Map<string, number>();
  const watch = new MachineWatch({
    files,
    clock,
    log: silentLog,
    record: async ({ kind, body }) => {
      recorded.push({ kind, ...body });
      return Promise.resolve(seq(recorded.length));
    },
    sample: (series, value) => samples.set(series, value),
    observe: (observation) => seen.push(observation),
  });
  const stop = new AbortController();
  const running = watch.run(stop.signal);
  const pass = async (seconds: number): Promise<void> => {
    for (let s = 0; s < seconds; s += 2) {
      await clock.pass(2_000);
      // Reading files takes real time, however little.
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  };
  await pass(4);
  expect(recorded).toEqual([]);
  expect(seen.at(-1)).toEqual({ stage: "box", via: "probe", ok: true });
  expect(samples.get("machine.temperature")).toBe(52.1);
  for (const [value, seconds] of [
    ["1", 4],
    ["0", 10],
    ["1", 4],
    ["0", 10],
  ] as const) {
    await put(dir, { [alarm]: value });
    await pass(seconds);
  }
  expect(recorded).toEqual([{ kind: "power", event: "underVoltageBegan", temperatureC: 52.095 }]);
  expect(seen.at(-1)).toEqual({ stage: "box", via: "probe", ok: true, fault: "box.underVoltage" });
  await pass(30);
  expect(recorded).toHaveLength(2);
  expect(recorded[1]).toMatchObject({ event: "underVoltageEnded" });
  expect(seen.at(-1)).toEqual({ stage: "box", via: "probe", ok: true });
  await rm(dir.file(alarm));
  await pass(10);
  expect(watch.view().get("supply")?.value).toBeUndefined();
  stop.abort(new Error("enough"));
  await running;
  expect(clock.sleepers).toBe(0);
});
