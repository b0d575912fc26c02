/**
 * What `mmcli -J` says of a modem. All values are texts, `--` where ModemManager does not know; keys come and go with its
 * version (link-health.md 2.5).
 */
export interface ModemSignal {
  /** Seconds between the modem's own measurements; 0 while it makes none. */
  readonly refreshS?: number;
  /** Of which network: the one in use that says most. */
  readonly network?: "5g" | "lte" | "umts" | "gsm";
  readonly rsrpDbm?: number;
  readonly rsrqDb?: number;
  readonly snrDb?: number;
  readonly rssiDbm?: number;
}

const NETWORKS = ["5g", "lte", "umts", "gsm"] as const;

/** @param text  Of `mmcli -m any -J --signal-get`. `undefined` when it is none of it. */
export function parseSignal(text: string): ModemSignal | undefined {
  const signal = at(parsed(text), "modem", "signal");
  if (signal === undefined) return undefined;
  const refreshS = numberAt(signal, "refresh", "rate");
  const groups = NETWORKS.map((network) => ({ network, figures: figuresOf(at(signal, network)) }));
  // A modem that carries 5G on an LTE anchor tells of both: whichever says more is looked at.
  const [best] = groups.toSorted((a, b) => Object.keys(b.figures).length - Object.keys(a.figures).length);
  const isTold = best !== undefined && Object.keys(best.figures).length > 0;
  return {
    ...(refreshS === undefined ? {} : { refreshS }),
    ...(isTold ? { network: best.network, ...best.figures } : {}),
  };
}

/** @param text  Of `mmcli -m any -J`. 0..100, as telephones show it. */
export function parseQuality(text: string): number | undefined {
  return numberAt(at(parsed(text), "modem", "generic"), "signal-quality", "value");
}

const FIGURES = { rsrp: "rsrpDbm", rsrq: "rsrqDb", snr: "snrDb", rssi: "rssiDbm" } as const;

function figuresOf(group: unknown): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [key, name] of Object.entries(FIGURES)) {
    const value = numberAt(group, key);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Object.entries(found).find(([key]) => key === name)?.[1];
  }
  return found;
}

function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  if (typeof found !== "string" && typeof found !== "number") return undefined;
  const number = found === "" ? Number.NaN : Number(found);
  return Number.isFinite(number) ? number : undefined;
}
