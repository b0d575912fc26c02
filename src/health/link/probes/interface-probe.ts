import type { NetworkInterfaceInfo } from "node:os";
import type { StageObservation } from "../../../domain/stage.ts";
import type { SysFiles } from "../../../runtime/sys-files.ts";
import type { StageProbe } from "../stage-probe.ts";
import { defaultRoute } from "./default-route.ts";

export interface InterfaceProbeDeps {
  readonly files: SysFiles;
  readonly addresses: () => NodeJS.Dict<readonly NetworkInterfaceInfo[]>;
  readonly monotonicMs: () => number;
}

const EVERY_MS = 2_000;
/** A carrier that went and came twice within a minute: nobody pulls a cable so often. */
const FLAPS = 4;
const FLAPS_WITHIN_MS = 60_000;

interface Change {
  readonly at: number;
  readonly count: number;
}

/** The network interface by which packets leave: its carrier, whether that comes and goes, its address. */
export function interfaceProbe({ files, addresses, monotonicMs }: InterfaceProbeDeps, speed: number): StageProbe {
  // Without carrier the default route may be gone with it; the interface is still the one that mattered.
  let name: string | undefined;
  let changes: readonly Change[] = [];
  const isFlapping = (count: number | undefined, at: number): boolean => {
    if (count === undefined) return false;
    // A driver that was loaded anew counts from 0.
    const known = changes.filter((one) => at - one.at < FLAPS_WITHIN_MS / speed && one.count <= count);
    changes = [...known, { at, count }];
    return count - (changes[0]?.count ?? count) >= FLAPS;
  };
  return {
    stage: "interface",
    name: "interface",
    everyMs: EVERY_MS,
    look: async () => {
      name = (await defaultRoute(files))?.interface ?? name;
      if (name === undefined) return [];
      const place = `/sys/class/net/${name}`;
      const seen = { stage: "interface", subject: name, via: "probe" } as const;
      const [carrier, state, count] = await Promise.all([
        files.number(`${place}/carrier`),
        files.text(`${place}/operstate`),
        files.number(`${place}/carrier_changes`),
      ]);
      return [observed(seen, { carrier, state, flaps: isFlapping(count, monotonicMs()) }, addresses()[name] ?? [])];
    },
  };
}

interface Found {
  /** Absent where the interface is switched off: the kernel then answers EINVAL. */
  readonly carrier: number | undefined;
  readonly state: string | undefined;
  readonly flaps: boolean;
}

function observed(
  seen: Pick<StageObservation, "stage" | "subject" | "via">,
  { carrier, state, flaps }: Found,
  infos: readonly NetworkInterfaceInfo[],
): StageObservation {
  const isDown = carrier !== 1 || state === "down" || state === "lowerlayerdown" || state === "notpresent";
  if (isDown) return { ...seen, ok: false, fault: "interface.down", detail: `operstate ${state ?? "unknown"}` };
  const hasAddress = infos.some(({ family, scopeid }) => family === "IPv4" || scopeid === 0);
  if (!hasAddress) return { ...seen, ok: false, fault: "interface.noAddress" };
  return { ...seen, ok: true, ...(flaps ? { fault: "interface.flapping" as const } : {}) };
}
