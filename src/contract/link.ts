import { z } from "zod";
import { HEALTH_STATUSES } from "../domain/health.ts";
import { STAGE_FAULTS, STAGE_STATES, STAGES } from "../domain/stage.ts";
import { timeWord } from "./words.ts";

const text = z.object({ en: z.string(), zh: z.string() });
const status = z.enum(HEALTH_STATUSES);
const ratio = z.number().min(0).max(1);
/** A number that speaks for a verdict, with what is usual there and the limit that it has crossed. */
const evidence = z.object({
  figure: z.string(),
  value: z.number(),
  unit: z.string(),
  usual: z.number().exactOptional(),
  limit: z.number().exactOptional(),
});
const milliseconds = z.number().min(0);

/**
 * Retained on `link`, and `GET /api/v1/link`: the way out of the shop, stage by stage, and where the trouble is. Figures
 * are of the last 5 minutes; what is absent is not known.
 */
export const linkSchema = z.object({
  asOf: timeWord,
  /** After it this says nothing about the present any more. */
  expiresAt: timeWord,
  /** Whether `asOf`, and every `since`, can be believed. */
  clockSynced: z.boolean(),
  verdict: z.object({
    /** At worst `warn`: sales go on. `unknown` while nothing was seen. */
    status,
    /** Absent: nothing is wrong between the terminals and headquarters. */
    stage: z.enum(STAGES).exactOptional(),
    fault: z.enum(STAGE_FAULTS).exactOptional(),
    /** Which interface, terminal, name server or acquirer. */
    subject: z.string().exactOptional(),
    since: timeWord,
    /** What is so, and what to do. */
    reason: text,
    advice: text,
  }),
  /**
   * Payments that went wrong while line or channels were disturbed, more of them than chance explains, within the last day;
   * newest first.
   */
  impacts: z.array(
    z.object({
      /** What was wrong meanwhile. */
      disturbance: z.discriminatedUnion("of", [
        z.object({
          of: z.literal("link"),
          stage: z.enum(STAGES).exactOptional(),
          fault: z.enum(STAGE_FAULTS),
          subject: z.string().exactOptional(),
        }),
        z.object({
          of: z.literal("interference"),
          channel: z.string(),
          cause: z.string(),
          figure: z.object({ name: z.string(), value: z.number(), unit: z.string() }).exactOptional(),
        }),
      ]),
      from: timeWord,
      /** Absent: it goes on. */
      to: timeWord.exactOptional(),
      terminals: z.array(z.string()).readonly(),
      payments: z.int().min(0),
      unanswered: z.int().min(0),
      slow: z.int().min(0),
      /** Share that usually goes wrong, and of how many payments that is known. */
      usualShare: ratio,
      usualOf: z.int().min(0),
      text,
    }),
  ),
  /** In the order of the way, from the inside out. */
  stages: z.array(
    z.object({
      stage: z.enum(STAGES),
      subject: z.string().exactOptional(),
      /** The shop's line that it is about, where it has several. */
      route: z.string().exactOptional(),
      state: z.enum(STAGE_STATES),
      status,
      since: timeWord,
      fault: z.enum(STAGE_FAULTS).exactOptional(),
      /** It comes and goes so often that its changes are told no more one by one. */
      flapping: z.literal(true).exactOptional(),
      downsLastHour: z.int().min(0),
      p50Ms: milliseconds.exactOptional(),
      p95Ms: milliseconds.exactOptional(),
      jitterMs: milliseconds.exactOptional(),
      /** Share that was lost, and how much of it the number of looks allows to claim. */
      loss: ratio.exactOptional(),
      lossAtLeast: ratio.exactOptional(),
      looks: z.int().min(0),
      /** Why the status is not `pass`, and what to do. */
      reason: text.exactOptional(),
      advice: text.exactOptional(),
    }),
  ),
  /** Radios, cables and ports that say something of noise; none where there are none, or `link.interference` is off. */
  channels: z.array(
    z.object({
      channel: z.string(),
      kind: z.enum(["wifi", "cellular", "ethernet", "serial", "usb"]),
      terminal: z.string().exactOptional(),
      at: timeWord,
      /** By name; what the driver or tool did not say is absent. */
      figures: z.record(z.string(), z.number()),
      /** Errors, retries or noise are well above what is usual here. */
      risen: z.boolean(),
      /** What could not be read, and why. */
      unread: text.exactOptional(),
      /** Absent while nothing is wrong. */
      verdict: z
        .object({
          /** A stable word; `notEnoughEvidence` below a confidence of 0.6. */
          cause: z.string(),
          /** False for what only looks like interference: own load, weak coverage, a bad cable. */
          isInterference: z.boolean(),
          confidence: ratio,
          since: timeWord,
          evidence: z.array(evidence),
          advice: text,
          /** With `notEnoughEvidence`: what to measure next. */
          next: text.exactOptional(),
        })
        .exactOptional(),
    }),
  ),
});
