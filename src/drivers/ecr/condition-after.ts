import type { DeviceCondition } from "../../domain/device.ts";
import type { ToldPayment } from "./profiles/dialect.ts";

/** Results that say more of the terminal than of the payment. */
const CONDITIONS: Readonly<Record<string, DeviceCondition>> = {
  settlementRequired: { state: "attention", remedy: "settle" },
  keysMissing: { state: "attention", remedy: "initialise" },
  paperOut: { state: "attention" },
  notConfigured: { state: "fault", remedy: "technician" },
  updateRequired: { state: "attention", remedy: "softwareUpdate" },
  terminalFault: { state: "fault", remedy: "technician" },
  hostUnreachable: { state: "attention" },
};

/** What a failed payment says of its terminal, where it does. */
export function conditionAfter({ reason, transaction }: ToldPayment): DeviceCondition | undefined {
  const condition = reason === undefined ? undefined : CONDITIONS[reason];
  if (condition === undefined || reason === undefined) return undefined;
  const { deviceCode } = transaction;
  return deviceCode === undefined ? { ...condition, reason } : { ...condition, reason, code: deviceCode };
}
