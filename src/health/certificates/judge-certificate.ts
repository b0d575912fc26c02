import type { HealthStatus } from "../../domain/health.ts";
import type { Words } from "../../domain/words.ts";
import type { CertificateFacts, CertificateSight } from "./certificate-sight.ts";
import {
  CLOCK_NOT_BELIEVED,
  CLOCK_NOT_CERTIFICATE,
  MEND_THE_CLOCK,
  RENEW,
  RENEW_NOW,
  TELL_ITS_OWNER,
  troubleText,
} from "./certificate-texts.ts";

/** Days before its end. */
export interface CertificateLimits {
  readonly warn: number;
  readonly fail: number;
}

/** The wall clock, and whether it can be right. */
export interface ClockSight {
  /** ms. */
  readonly now: number;
  readonly isBelieved: boolean;
}

export interface CertificateVerdict {
  readonly use: string;
  readonly status: HealthStatus;
  /** Whole days, negative once it has ended; absent while no clock tells, or no date is known. */
  readonly daysLeft?: number;
  readonly reason: Words;
  readonly advice?: Words;
}

const DAY_MS = 86_400_000;

/** A certificate as it stands now. Nothing that goes by age is said with a clock that is not believed. */
export function judgeCertificate(
  sight: CertificateSight,
  limits: CertificateLimits,
  clock: ClockSight,
): CertificateVerdict {
  const { use, place, facts, trouble } = sight;
  if (!clock.isBelieved && trouble?.kind === "refused") {
    return { use, status: "warn", reason: at(CLOCK_NOT_CERTIFICATE, place), advice: MEND_THE_CLOCK };
  }
  const age = facts === undefined || !clock.isBelieved ? undefined : judgeAge(sight, facts, limits, clock.now);
  if (trouble === undefined) {
    return age ?? { use, status: "unknown", reason: at(CLOCK_NOT_BELIEVED, place), advice: MEND_THE_CLOCK };
  }
  const { reason, advice } = troubleText(trouble, place);
  // What is in use goes on working; without any, or refused, connections fail.
  const status = facts === undefined || trouble.kind === "refused" || age?.status === "fail" ? "fail" : "warn";
  return {
    use,
    status,
    ...(age?.daysLeft === undefined ? {} : { daysLeft: age.daysLeft }),
    reason: at(reason, place),
    advice,
  };
}

function judgeAge(
  { use, place }: CertificateSight,
  { issuer, validFrom, validTo }: CertificateFacts,
  limits: CertificateLimits,
  now: number,
): CertificateVerdict {
  const daysLeft = Math.floor((validTo - now) / DAY_MS);
  const [from, until] = [dayOf(validFrom), dayOf(validTo)];
  const isOurs = place.startsWith("/");
  const by: Words = { en: `issued by ${issuer}`, zh: `签发者 ${issuer}` };
  const said = (en: string, zh: string): Words => at({ en: `${en}; ${by.en}`, zh: `${zh}；${by.zh}` }, place);
  if (validFrom > now) {
    const reason = said(`not valid before ${from}`, `${from} 之前无效`);
    return { use, status: "fail", daysLeft, reason, advice: isOurs ? RENEW_NOW : TELL_ITS_OWNER };
  }
  if (daysLeft < 0) {
    const reason = said(`expired on ${until}`, `已于 ${until} 过期`);
    return { use, status: "fail", daysLeft, reason, advice: isOurs ? RENEW_NOW : TELL_ITS_OWNER };
  }
  const reason = said(`${daysLeft} days left, until ${until}`, `剩余 ${daysLeft} 天，至 ${until}`);
  if (daysLeft > limits.warn) return { use, status: "pass", daysLeft, reason };
  const isUrgent = daysLeft <= limits.fail;
  const advice = isOurs ? (isUrgent ? RENEW_NOW : RENEW) : TELL_ITS_OWNER;
  return { use, status: isUrgent ? "fail" : "warn", daysLeft, reason, advice };
}

function at({ en, zh }: Words, place: string): Words {
  return { en: `${en}; ${place}`, zh: `${zh}；${place}` };
}

/** In UTC. */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
