import { Resolver } from "node:dns/promises";
import type { StageFault, StageObservation } from "../../../domain/stage.ts";
import type { SysFiles } from "../../../runtime/sys-files.ts";
import type { StageProbe } from "../stage-probe.ts";

export interface NameProbeOptions {
  /** The name whose address matters: headquarters'. */
  readonly name: string;
  /** None: those of /etc/resolv.conf, read at each look. */
  readonly servers: readonly string[];
  readonly files: SysFiles;
  readonly timeoutMs: number;
}

const EVERY_MS = 6_000;
/** glibc asks no more of them (resolv.conf(5)). */
const MOST_SERVERS = 3;

/** Codes of Node's `dns`, which are those of c-ares. */
const FAULTS: ReadonlyMap<string, StageFault> = new Map([
  ["ETIMEOUT", "dns.timeout"],
  ["ECANCELLED", "dns.timeout"],
  ["ECONNREFUSED", "dns.refused"],
  ["EREFUSED", "dns.refused"],
  ["ENOTFOUND", "dns.noName"],
  ["ENODATA", "dns.noName"],
  ["ESERVFAIL", "dns.serverFailure"],
  ["EFORMERR", "dns.serverFailure"],
  ["ENOTIMP", "dns.serverFailure"],
]);

/**
 * The name servers, each asked for headquarters' address with a resolver of its own: getaddrinfo waits in the thread pool
 * that the disk needs too (link-health.md 1.2).
 */
export function nameProbe({ name, servers, files, timeoutMs }: NameProbeOptions): StageProbe {
  return {
    stage: "dns",
    name: "dns",
    everyMs: EVERY_MS,
    look: async (signal) => {
      const asked = servers.length > 0 ? servers : parseResolvConf((await files.text("/etc/resolv.conf")) ?? "");
      return Promise.all(asked.map(async (server) => ask(server, name, timeoutMs, signal)));
    },
  };
}

/** Name servers, in their order. */
export function parseResolvConf(text: string): readonly string[] {
  return text
    .split("\n")
    .flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
    .slice(0, MOST_SERVERS);
}

async function ask(server: string, name: string, timeoutMs: number, signal: AbortSignal): Promise<StageObservation> {
  const seen = { stage: "dns", subject: server, via: "probe" } as const;
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  const stop = (): void => resolver.cancel();
  signal.addEventListener("abort", stop, { once: true });
  const begun = performance.now();
  try {
    resolver.setServers([server.includes(":") ? `[${server}]` : server]);
    await resolver.resolve4(name);
    return { ...seen, ok: true, rttMs: performance.now() - begun };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    // A name that has only an IPv6 address is known all the same.
    if (code === "ENODATA" && (await hasIpv6(resolver, name))) {
      return { ...seen, ok: true, rttMs: performance.now() - begun };
    }
    return { ...seen, ok: false, fault: FAULTS.get(code) ?? "dns.timeout", detail: code };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function hasIpv6(resolver: Resolver, name: string): Promise<boolean> {
  try {
    return (await resolver.resolve6(name)).length > 0;
  } catch {
    return false;
  }
}
