import { type DeviceCondition, type DeviceDiagnosis, DeviceError, type DeviceSession } from "../../domain/device.ts";
import type { Clock } from "../../runtime/clock.ts";
import { bounded } from "../supervision/bounded.ts";
import type { SelftestStep } from "./selftest-plan.ts";

export interface StepResult extends SelftestStep {
  /** `open`: a person has not said yet. */
  readonly result: "passed" | "failed" | "open";
  readonly reason?: string;
}

export interface SelftestResult {
  readonly outcome: "passed" | "failed" | "incomplete";
  readonly steps: readonly StepResult[];
}

/** By a step's id. */
export type SelftestAnswers = Readonly<Record<string, boolean>>;

/** ms. */
const STATUS_MS = 10_000;
const DIAGNOSIS_MS = 120_000;

/**
 * Goes through a plan, to its end whatever fails.
 *
 * @param session  `undefined` where no step needs the terminal.
 */
export async function selftest(
  plan: readonly SelftestStep[],
  session: DeviceSession | undefined,
  answers: SelftestAnswers,
  clock: Clock,
  signal: AbortSignal,
): Promise<SelftestResult> {
  const steps: StepResult[] = [];
  for (const step of plan) steps.push({ ...step, ...(await tried(step, session, answers, clock, signal)) });
  const has = (result: StepResult["result"]): boolean => steps.some((step) => step.result === result);
  return { outcome: has("failed") ? "failed" : has("open") ? "incomplete" : "passed", steps };
}

type Result = Pick<StepResult, "result" | "reason">;

async function tried(
  { id, kind }: SelftestStep,
  session: DeviceSession | undefined,
  answers: SelftestAnswers,
  clock: Clock,
  signal: AbortSignal,
): Promise<Result> {
  if (kind === "person") {
    const answer = answers[id];
    return { result: answer === undefined ? "open" : answer ? "passed" : "failed" };
  }
  if (session === undefined) return { result: "failed", reason: "offline" };
  if (kind === "presence") return { result: "passed" };
  try {
    if (kind === "status") {
      const ask = async (stop: AbortSignal): Promise<DeviceCondition> => session.poll(stop);
      const { state, reason } = await bounded("selftest", ask, { ms: STATUS_MS, clock, signal });
      return state === "ready" || state === "wait"
        ? { result: "passed" }
        : { result: "failed", reason: reason ?? state };
    }
    const ask = async (stop: AbortSignal): Promise<DeviceDiagnosis> => session.diagnose(stop);
    const { outcome, reason } = await bounded("selftest", ask, { ms: DIAGNOSIS_MS, clock, signal });
    return outcome === "passed" ? { result: "passed" } : { result: "failed", reason: reason ?? "diagnosisFailed" };
  } catch (error) {
    signal.throwIfAborted();
    return { result: "failed", reason: error instanceof DeviceError ? error.code : "driverFailed" };
  }
}
