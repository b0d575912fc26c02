/** Why there is no session, or no longer one. */
export interface Failure {
  /**
   * `version`: the broker does not speak this version of MQTT. `identity`: it refuses who we are, or we refuse who it
   * is; only people can change that. `clock`: a certificate is out of its time by a clock that nobody has set yet; time
   * synchronisation will mend it. `takenOver`: somebody else came with our identity. `line`: anything else; it may be
   * better at the next attempt.
   */
  readonly kind: "version" | "identity" | "clock" | "takenOver" | "line";
  /** For people, with what to do where that is known. Never holds a secret. */
  readonly reason: string;
  /** Of the error, or of the broker's refusal in hexadecimal; absent where nothing was said, such as after a time-out. */
  readonly code?: string;
  /** The broker ended an open session, and may have done so for what it was sent. */
  readonly byBroker?: true;
}

/** CONNACK codes that end an attempt, 3.1.1 (3.2.2.3) below 0x80, MQTT 5 (3.2.2.2) from there on. */
const CONNACK: ReadonlyMap<number, Failure> = new Map<number, Failure>([
  [0x01, { kind: "version", reason: "the broker does not speak this version of MQTT" }],
  [0x02, { kind: "identity", reason: "the broker refuses the client identifier; see uplink.clientId" }],
  [0x03, { kind: "line", reason: "the broker says that it is unavailable" }],
  [0x04, { kind: "identity", reason: "the broker refuses user name or password; see uplink.username and password" }],
  [0x05, { kind: "identity", reason: "the broker does not authorise this gateway" }],
  [0x84, { kind: "version", reason: "the broker does not speak this version of MQTT" }],
  [0x85, { kind: "identity", reason: "the broker refuses the client identifier; see uplink.clientId" }],
  [0x86, { kind: "identity", reason: "the broker refuses user name or password; see uplink.username and password" }],
  [0x87, { kind: "identity", reason: "the broker does not authorise this gateway" }],
  [0x88, { kind: "line", reason: "the broker says that it is unavailable" }],
  [0x89, { kind: "line", reason: "the broker says that it is busy" }],
  [0x8a, { kind: "identity", reason: "the broker has banned this client" }],
  [0x8c, { kind: "identity", reason: "the broker wants another authentication method" }],
]);

export function connackFailure(code: number): Failure {
  const known = CONNACK.get(code) ?? {
    kind: "line",
    reason: `the broker refuses the connection with code ${hex(code)}`,
  };
  return { ...known, code: hex(code) };
}

/**
 * DISCONNECT codes that are about the session, the client or the broker, and not about what was sent (MQTT 5, 2.4): not
 * authorised, shutting down, busy, keep alive, taken over, quota, message rate, administrative, moved, …
 */
const ABOUT_THE_SESSION: ReadonlySet<number> = new Set([
  0x00, 0x87, 0x88, 0x89, 0x8b, 0x8d, 0x8e, 0x93, 0x96, 0x97, 0x98, 0x9c, 0x9d, 0x9f, 0xa0,
]);

/** How the kernel says that the other side has closed, or refuses what it was sent (Node.js documentation, "Common system errors"). */
const BY_THE_PEER: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

/** The socket was closed by the other side. */
export const CLOSED_BY_BROKER: Failure = { kind: "line", reason: "the connection was closed", byBroker: true };

/** CONNACK allows no more than QoS 0 (MQTT 5, 3.2.2.3.4): nobody would know what the broker has. */
export const QOS_0_ONLY: Failure = {
  kind: "identity",
  reason: "the broker takes QoS 0 only and so would lose records: let it allow QoS 1",
};

/** What the broker said before it closed (MQTT 5, 3.14.2.1). */
export function disconnectFailure(code: number): Failure {
  // 0x8e: another client has come with our identifier. Two gateways with one identity push each other out.
  if (code === 0x8e) {
    return { kind: "takenOver", reason: "another client took over the session: is this gateway cloned?" };
  }
  const reason = `the broker ended the session with code ${hex(code)}`;
  return ABOUT_THE_SESSION.has(code) ? { kind: "line", reason } : { kind: "line", reason, byBroker: true };
}

/**
 * OpenSSL's verdicts on a certificate, ours (as the broker's alert) or the broker's, as Node names them
 * (Node.js documentation, TLS, "X509 certificate error codes"; ERR_SSL_…ALERT_… for alerts, ERR_OSSL_… for
 * files that hold none).
 */
const CERTIFICATE =
  /CERT|ERR_OSSL|CRL_|_CRL|SIGNATURE|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|UNKNOWN_CA|ALERT_HANDSHAKE_FAILURE|ALERT_ACCESS_DENIED/;

/** Our own verdict on the broker's certificate, by our own clock (Node.js documentation, "X509 certificate error codes"). */
const OUT_OF_TIME = new Set(["CERT_NOT_YET_VALID", "CERT_HAS_EXPIRED", "CRL_NOT_YET_VALID", "CRL_HAS_EXPIRED"]);

/** @param synced  Whether this machine's clock is known to be synchronised. */
export function errorFailure(error: Error, synced: boolean): Failure {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const reason = error.message === "" ? code : error.message;
  const named = code === "" ? {} : { code };
  if (BY_THE_PEER.has(code)) return { kind: "line", reason, ...named, byBroker: true };
  if (!CERTIFICATE.test(code)) return { kind: "line", reason, ...named };
  if (OUT_OF_TIME.has(code) && !synced) {
    return {
      kind: "clock",
      ...named,
      reason: `TLS: ${reason}, by a clock that is not synchronised: clock, not certificate; see whether a time server is reached`,
    };
  }
  return { kind: "identity", ...named, reason: `TLS: ${reason}; see uplink.tls, and whether the clock is right` };
}

export function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, "0")}`;
}
