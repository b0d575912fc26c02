import { isRelayed } from "./config/terminal-schema.ts";
import type { TerminalId } from "./domain/terminal.ts";
import { UsbProbe } from "./health/interference/usb/usb-probe.ts";
import { followTool } from "./runtime/follow-tool.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import { terminalsOnSerial } from "./gateway-serial.ts";
import { staysOnThisMachine } from "./gateway-link.ts";
import type { ChannelProbe } from "./domain/interference.ts";
import { ethernetProbe } from "./health/interference/ethernet/ethernet-probe.ts";
import { modemProbe } from "./health/interference/modem/modem-probe.ts";
import { wifiProbe } from "./health/interference/wifi/wifi-probe.ts";
import { InterferenceWatch } from "./health/interference/interference-watch.ts";
import { huntChannels } from "./health/interference/hunt/hunt-channels.ts";
import { Hunts } from "./health/interference/hunt/hunts.ts";
import type { GatewayTerminals } from "./gateway-terminals.ts";
import type { Ledger } from "./queue/ledger.ts";
import type { Recorder } from "./recorder.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Log } from "./runtime/log.ts";
import { runTool } from "./runtime/run-tool.ts";
import { SysFiles } from "./runtime/sys-files.ts";

export interface InterferenceParts {
  readonly ledger: Pick<Ledger, "sample">;
  readonly recorder: Pick<Recorder, "record">;
  /** The serial lines of this machine, where there are any: they carry payments in a trial too. */
  readonly serial: ChannelProbe | undefined;
  /** Whether the machine's supply is low; `undefined` where no sensor tells. */
  readonly lowSupply: () => boolean | undefined;
}

/** Watches what disturbs the shop's channels; `undefined` where the config says that nothing of it is to be read. */
export function gatewayInterference(
  config: GatewayConfig,
  { clock, log, random }: { readonly clock: Clock; readonly log: Log; readonly random: () => number },
  { ledger, recorder, serial, lowSupply }: InterferenceParts,
): InterferenceWatch | undefined {
  if (config.link.interference === "off") return undefined;
  const ports = serialPorts(config);
  // The terminals' own ports carry payments in a trial too.
  const isUsbUsed = ports.size > 0 || !staysOnThisMachine(config);
  const usb = { files: new SysFiles("/"), follow: followTool, clock, random, lowSupply, ports };
  const probes = [
    ...channelProbes(config, clock),
    ...(isUsbUsed ? [new UsbProbe(usb)] : []),
    ...(serial === undefined ? [] : [serial]),
  ];
  return new InterferenceWatch(probes, {
    clock,
    log,
    random,
    record: recorder.record,
    sample: (series, value) => ledger.sample(`interference.${series}`, value),
  });
}

/** Looks on demand, also where the config says that nothing is to be read all the time: somebody asks for it. */
export function gatewayHunts(
  config: GatewayConfig,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  recorder: Pick<Recorder, "record">,
  driven: Pick<GatewayTerminals["supervised"], "counters">,
): Hunts {
  const onSerial = new Set(terminalsOnSerial(config));
  const lines = (): ReturnType<typeof driven.counters> =>
    new Map([...driven.counters()].filter(([terminal]) => onSerial.has(terminal)));
  const deps = { files: new SysFiles("/"), run: runTool, lines };
  const channels = async (): ReturnType<typeof huntChannels> => huntChannels(deps, !staysOnThisMachine(config));
  return new Hunts({ clock, log, record: recorder.record, channels });
}

/** Device nodes of the terminals that hang on a serial line, or on an adapter that shows itself as one. */
function serialPorts({ terminals }: GatewayConfig): ReadonlyMap<TerminalId, string> {
  return new Map(
    terminals.flatMap((terminal): readonly (readonly [TerminalId, string])[] =>
      isRelayed(terminal) || !("link" in terminal) || terminal.link.serial === undefined
        ? []
        : [[terminal.id, terminal.link.serial.path]],
    ),
  );
}

/** With everybody on this machine, as in a trial, no radio and no cable carries a payment: none is looked at. */
function channelProbes(config: GatewayConfig, clock: Clock): readonly ChannelProbe[] {
  if (staysOnThisMachine(config)) return [];
  const deps = { files: new SysFiles("/"), run: runTool, monotonicMs: () => clock.monotonicMs() };
  return [ethernetProbe(deps), wifiProbe(deps), modemProbe(deps)];
}
