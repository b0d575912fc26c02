import type { StageFault, StageObservation } from "../domain/stage.ts";
import type { BrokerSocket } from "./dial.ts";
import type { Failure } from "./failure.ts";

/** A step that takes longer is stuck, although its deadline has not passed. ms. */
const STUCK_MS = 3_000;

/** Codes of Node.js ("Common system errors") of a connection that could not be opened. */
const NOT_OPENED: ReadonlyMap<string, StageObservation["fault"]> = new Map<string, StageFault>([
  ["ECONNREFUSED", "hq.refused"],
  ["EHOSTUNREACH", "hq.noRoute"],
  ["ENETUNREACH", "hq.noRoute"],
  ["EADDRNOTAVAIL", "hq.noRoute"],
]);
/** Codes of getaddrinfo(3). */
const NO_NAME: ReadonlyMap<string, StageFault> = new Map<string, StageFault>([
  ["ENOTFOUND", "dns.noName"],
  ["EAI_AGAIN", "dns.timeout"],
  ["EAI_FAIL", "dns.serverFailure"],
]);
/** What is wrong with the certificate that was shown (Node.js documentation, "X509 certificate error codes"). */
const CERTIFICATES: ReadonlyMap<string, StageFault> = new Map<string, StageFault>([
  ["CERT_HAS_EXPIRED", "hq.certificateExpired"],
  ["CERT_NOT_YET_VALID", "hq.certificateNotYetValid"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "hq.tlsIntercepted"],
  ["UNABLE_TO_GET_ISSUER_CERT", "hq.tlsIntercepted"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "hq.tlsIntercepted"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "hq.tlsIntercepted"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "hq.tlsIntercepted"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "hq.tlsIntercepted"],
]);

type Step = "tcp" | "tls" | "mqtt";

/** How far one attempt to open a session has come, for whoever watches the line. */
export class Opening {
  readonly #monotonicMs: () => number;
  readonly #isSecure: boolean;
  #step: Step = "tcp";
  #since: number;
  #isAccepted = false;
  #failed: StageObservation | undefined;
  #failedAt = 0;

  constructor(isSecure: boolean, monotonicMs: () => number) {
    this.#isSecure = isSecure;
    this.#monotonicMs = monotonicMs;
    this.#since = monotonicMs();
  }

  watch(socket: BrokerSocket): BrokerSocket {
    socket.once("connect", () => this.#reach(this.#isSecure ? "tls" : "mqtt"));
    socket.once("secureConnect", () => this.#reach("mqtt"));
    return socket;
  }

  accepted(): void {
    this.#isAccepted = true;
  }

  failed(failure: Failure): void {
    this.#failedAt = this.#monotonicMs();
    this.#failed = { via: "traffic", ok: false, detail: failure.reason, ...faultOf(this.#step, failure) };
  }

  /** Where it ended, or is stuck; `undefined` while neither can be said. */
  get fault(): StageObservation | undefined {
    if (this.#isAccepted) return undefined;
    if (this.#failed !== undefined) return { ...this.#failed, ageMs: this.#monotonicMs() - this.#failedAt };
    // How long a connection takes to be refused is found out by a probe of its own, and sooner.
    if (this.#step === "tcp" || this.#monotonicMs() - this.#since < STUCK_MS) return undefined;
    const stage = this.#step === "tls" ? "hqTls" : "hqMqtt";
    return { stage, via: "traffic", ok: false, fault: "hq.brokerSilent" };
  }

  #reach(step: Step): void {
    this.#step = step;
    this.#since = this.#monotonicMs();
  }
}

function faultOf(step: Step, { kind, code = "" }: Failure): Pick<StageObservation, "stage" | "fault"> {
  if (step === "tcp") {
    const name = NO_NAME.get(code);
    if (name !== undefined) return { stage: "dns", fault: name };
    return { stage: "hqTcp", fault: NOT_OPENED.get(code) ?? "hq.unreachable" };
  }
  const certificate = CERTIFICATES.get(code);
  if (certificate !== undefined) return { stage: "hqTls", fault: certificate };
  if (step === "tls") return { stage: "hqTls", fault: code === "" ? "hq.brokerSilent" : "hq.tlsFailed" };
  // Over TLS 1.3 a broker refuses our certificate after the handshake.
  if (kind === "identity" || kind === "version") return { stage: "hqMqtt", fault: "hq.notAuthorised" };
  return { stage: "hqMqtt", fault: code === "" ? "hq.brokerSilent" : "hq.brokerRefuses" };
}
