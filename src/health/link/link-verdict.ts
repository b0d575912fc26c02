import { type Stage, STAGES, type StageFault, type StageState } from "../../domain/stage.ts";

/** One stage, or one of the things that make it up, as it is judged. */
export interface JudgedStage {
  readonly stage: Stage;
  readonly subject?: string;
  readonly state: StageState;
  /** ms, monotonic. */
  readonly since: number;
  readonly fault?: StageFault;
  /** ms, monotonic: of the newest look, of the newest success, and of the first of the failures in a row. */
  readonly seenAt: number;
  readonly answeredAt?: number;
  readonly failingSince?: number;
}

export interface Surroundings {
  /** Whether the clock is known to be right. */
  readonly clockSynced: boolean;
}

export interface Blame {
  readonly stage: Stage;
  readonly fault: StageFault;
  readonly subject?: string;
}

/** Terminals that fall so close together fell for one reason (link-health.md 1.3). ms. */
const TOGETHER_MS = 5_000;

/** Faults after which the far machine is known to be there: the way to it is good. */
const PROVES_THE_WAY: ReadonlySet<StageFault> = new Set([
  "hq.refused",
  "hq.tlsFailed",
  "hq.certificateExpired",
  "hq.certificateNotYetValid",
  "hq.notAuthorised",
  "hq.brokerRefuses",
  "acquirer.refused",
]);

/** Beyond the provider. */
const FAR = ["hqTcp", "hqTls", "hqMqtt", "acquirer"] as const;

/**
 * Where the trouble is: the lowest stage that fails, unless another explanation fits better (link-health.md 1.3). What
 * certainly works further out speaks for everything before it. `undefined`: no fault is known.
 */
export function blame(stages: readonly JudgedStage[], surroundings: Surroundings): Blame | undefined {
  const line = new Line(stages);
  return line.broken(surroundings) ?? line.terminalFault() ?? line.impaired();
}

/** What cannot be told while the blamed stage is broken is not known: it is not broken too. */
export function isHidden(stage: Stage, blamed: Blame | undefined, isBroken: boolean): boolean {
  return blamed !== undefined && isBroken && hides(blamed.stage, stage);
}

/** Whether nothing can be told of a stage while another is down. */
export function hides(broken: Stage, stage: Stage): boolean {
  // Terminals stand on the other side of this machine, and neither headquarters nor an acquirer is behind the other.
  if (["box", "terminals", "hqTcp", "hqTls", "hqMqtt", "acquirer"].includes(broken)) {
    return broken.startsWith("hq") && stage.startsWith("hq") && isBehind(stage, broken);
  }
  return stage !== "terminals" && isBehind(stage, broken);
}

function isBehind(stage: Stage, other: Stage): boolean {
  return STAGES.indexOf(stage) > STAGES.indexOf(other);
}

class Line {
  readonly #stages: readonly JudgedStage[];

  constructor(stages: readonly JudgedStage[]) {
    this.#stages = stages;
  }

  broken(surroundings: Surroundings): Blame | undefined {
    return (
      this.#firstDown("box") ??
      this.#brokenWay() ??
      clockInstead(this.#down("hqTls"), surroundings) ??
      this.#firstDown("hqTls") ??
      this.#firstDown("hqTcp") ??
      this.#firstDown("hqMqtt") ??
      this.#firstDown("acquirer")
    );
  }

  /** One of several is its own trouble; those that fell together share something; all of them, too. */
  terminalFault(): Blame | undefined {
    const all = this.#of("terminals");
    const down = all.filter(({ state }) => state === "down");
    const [first, second] = down;
    if (first === undefined) return undefined;
    if (second === undefined && all.length > 1) {
      return blameFor(first, "terminals.oneUnreachable");
    }
    if (down.length === all.length) return { stage: "terminals", fault: "terminals.unreachable" };
    const companions = down.filter((one) => down.some((other) => one !== other && together(one, other)));
    const names = companions.map(({ subject }) => subject ?? "").join(", ");
    return companions.length > 1
      ? { stage: "terminals", fault: "terminals.hub", subject: names }
      : blameFor(first, "terminals.oneUnreachable");
  }

  impaired(): Blame | undefined {
    const impaired = this.#stages.flatMap((one) =>
      one.state === "degraded" && one.fault !== undefined ? [blameFor(one, one.fault)] : [],
    );
    // Out of order and yet not in the way, such as a name server while the connection stands.
    const [first] = [...impaired, ...optional(this.#allDown("dns"))].toSorted(
      (a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage),
    );
    return first;
  }

  /** From this machine to the internet, nearest first. What works further out speaks for what lies before it. */
  #brokenWay(): Blame | undefined {
    const near = this.#allDown("interface");
    if (near !== undefined) return near;
    const router = this.#unreached("router");
    if (router !== undefined) return router;
    // Whoever wants people to sign in lets nothing else pass: what he answered tells more than what he swallowed.
    const portal = this.#down("portal");
    if (portal !== undefined && !this.#hasAnsweredSince("hqMqtt", portal)) return this.#firstDown("portal");
    const provider = this.#unreached("provider");
    if (provider !== undefined) return provider;
    const dns = this.#allDown("dns");
    if (dns !== undefined && !this.#hasAnsweredSince("hqTcp", this.#down("dns"))) {
      return this.#silentLine() ?? dns;
    }
    return this.#silentLine();
  }

  #unreached(stage: "router" | "provider"): Blame | undefined {
    return this.#isReachedSince(this.#down(stage)) ? undefined : this.#allDown(stage);
  }

  /** Something beyond has answered since, if only to refuse. */
  #isReachedSince(failing: JudgedStage | undefined): boolean {
    const from = failing?.failingSince ?? Number.POSITIVE_INFINITY;
    const beyond = failing?.stage === "router" ? (["provider", ...FAR] as const) : FAR;
    return (
      beyond.some((stage) => this.#hasAnsweredSince(stage, failing)) ||
      this.#stages.some(
        ({ state, fault, seenAt }) =>
          state === "down" && seenAt > from && fault !== undefined && PROVES_THE_WAY.has(fault),
      )
    );
  }

  #hasAnsweredSince(stage: Stage, failing: JudgedStage | undefined): boolean {
    const from = failing?.failingSince ?? Number.POSITIVE_INFINITY;
    return this.#of(stage).some(({ answeredAt }) => answeredAt !== undefined && answeredAt > from);
  }

  /** Without anchors: everybody out there is silent at once. */
  #silentLine(): Blame | undefined {
    if (this.#of("provider").length > 0) return undefined;
    const far = [...this.#of("hqTcp"), ...this.#of("acquirer")].filter(({ state }) => state !== "idle");
    const silent = far.filter(({ state }) => state === "down");
    const kinds = new Set(silent.map(({ stage }) => stage));
    const isEverybody = silent.length === far.length && far.length > 0;
    const dnsToo = this.#allDown("dns")?.fault === "dns.timeout";
    return isEverybody && (kinds.size > 1 || dnsToo) ? { stage: "provider", fault: "provider.unreachable" } : undefined;
  }

  #of(stage: Stage): readonly JudgedStage[] {
    return this.#stages.filter((one) => one.stage === stage && one.state !== "unknown");
  }

  #down(stage: Stage): JudgedStage | undefined {
    return this.#of(stage).find(({ state }) => state === "down");
  }

  #firstDown(stage: Stage): Blame | undefined {
    const found = this.#down(stage);
    return found?.fault === undefined ? undefined : blameFor(found, found.fault);
  }

  /** For things that stand in for one another, such as anchors and name servers. */
  #allDown(stage: Stage): Blame | undefined {
    const all = this.#of(stage);
    return all.every(({ state }) => state === "down") ? this.#firstDown(stage) : undefined;
  }
}

/** A clock that nobody set stands in the past: then a certificate seems to begin in the future. */
function clockInstead(certificate: JudgedStage | undefined, { clockSynced }: Surroundings): Blame | undefined {
  return certificate?.fault === "hq.certificateNotYetValid" && !clockSynced
    ? { stage: "box", fault: "box.clockWrong" }
    : undefined;
}

function optional(found: Blame | undefined): readonly Blame[] {
  return found === undefined ? [] : [found];
}

function together(one: JudgedStage, other: JudgedStage): boolean {
  return Math.abs(one.since - other.since) <= TOGETHER_MS;
}

function blameFor({ stage, subject }: JudgedStage, fault: StageFault): Blame {
  return { stage, fault, ...(subject === undefined ? {} : { subject }) };
}
