/**
 * Which record makes the broker end the session. A broker that refuses a packet it cannot take says so in no PUBACK: it
 * closes the connection (MQTT 5, 4.13), and without suspicion the same record would close every one after it.
 *
 * A line that flaps must not make an innocent record suspect. So: only ends that the broker made count. In flight at two
 * such ends in a row, a record is a suspect. Suspects then go alone, one at a time, after the session has stood for a while
 * without any; a PUBACK acquits. Only an end with one suspect alone in flight is held against it.
 */
export interface Suspicion {
  /** In flight when the broker last ended a session, and not acknowledged since. */
  readonly witnesses: ReadonlySet<number>;
  /** Seq → ends of a session with it alone in flight. While there are any, nothing else is sent. */
  readonly suspects: ReadonlyMap<number, number>;
  /** ms, monotonic: the session must have stood so long before the next suspect goes. */
  readonly quietUntil: number;
}

/** ms. A session that the broker ends by itself does not live so long, and then nothing is held against a record. */
const QUIET_MS = 1_000;
/** Ends that convict. */
const STRIKES = 3;

export const NO_SUSPICION: Suspicion = { witnesses: new Set(), suspects: new Map(), quietUntil: 0 };

export function sessionOpened(suspicion: Suspicion, at: number): Suspicion {
  return suspicion.suspects.size === 0 ? suspicion : { ...suspicion, quietUntil: at + QUIET_MS };
}

/** @returns also who is convicted, if anybody is. */
export function sessionEndedByBroker(
  { witnesses, suspects, quietUntil }: Suspicion,
  inFlight: ReadonlySet<number>,
): { readonly suspicion: Suspicion; readonly convicted?: number } {
  const [alone] = inFlight;
  if (alone === undefined) return { suspicion: { witnesses, suspects, quietUntil } };
  if (suspects.has(alone) && inFlight.size === 1) {
    const strikes = (suspects.get(alone) ?? 0) + 1;
    const rest = new Map(suspects);
    if (strikes < STRIKES) return { suspicion: { witnesses, suspects: rest.set(alone, strikes), quietUntil } };
    rest.delete(alone);
    return { suspicion: { witnesses: new Set(), suspects: rest, quietUntil }, convicted: alone };
  }
  const twice = [...inFlight].filter((seq) => witnesses.has(seq));
  const added = twice.filter((seq) => !suspects.has(seq)).map((seq) => [seq, 0] as const);
  return { suspicion: { witnesses: new Set(inFlight), suspects: new Map([...suspects, ...added]), quietUntil } };
}

/** The broker has answered for this record, well or badly, or headquarters has it: it did not end the session. */
export function acquit(suspicion: Suspicion, isAcquitted: (seq: number) => boolean): Suspicion {
  const { witnesses, suspects, quietUntil } = suspicion;
  if (witnesses.size === 0 && suspects.size === 0) return suspicion;
  return {
    witnesses: new Set([...witnesses].filter((seq) => !isAcquitted(seq))),
    suspects: new Map([...suspects].filter(([seq]) => !isAcquitted(seq))),
    quietUntil,
  };
}

/** Who goes next, alone: the most struck first, so that one bad record costs three ends and not three for each suspect. */
export function nextSuspect({ suspects }: Suspicion): number | undefined {
  let next: number | undefined;
  let most = -1;
  for (const [seq, strikes] of suspects) {
    if (strikes > most || (strikes === most && next !== undefined && seq < next)) {
      next = seq;
      most = strikes;
    }
  }
  return next;
}
