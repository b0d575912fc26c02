import type { Bench } from "./row.ts";
import { outage } from "./uplink/bridge.ts";
import { anEnvelope, memory, speed } from "./uplink/drain.ts";

/** The way to headquarters beside mqtt.js alone, and beside what a shop would run instead. Needs 1 GB in the scratch directory. */
export const run: Bench = async (context) => {
  const payload = await anEnvelope(`${context.scratch}/envelope`);
  return [...(await speed(payload, context)), ...(await outage(payload, context)), ...(await memory(context))];
};
