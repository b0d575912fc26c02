import { type DeviceIdentity, DeviceError } from "../../domain/device.ts";
import type { Completion } from "./codec/messages.ts";
import type { ZvtOptions } from "./options.ts";

/** Who answers, by what it said at registration and at the first status enquiry. */
export function identityOf(registered: Completion | undefined, enquired: Completion | undefined): DeviceIdentity {
  const device = { ...registered?.status.tlv, ...enquired?.status.tlv };
  const terminalNumber =
    registered?.status.terminalNumber ?? enquired?.status.terminalNumber ?? device.terminalNumber ?? "";
  const firmware = device.software ?? enquired?.softwareVersion ?? "";
  const { model = "", serial = "" } = device;
  return {
    ...(serial === "" ? {} : { serial }),
    ...(terminalNumber === "" ? {} : { terminalNumber }),
    ...(model === "" ? {} : { model }),
    ...(firmware === "" ? {} : { firmware }),
  };
}

/**
 * @throws DeviceError `wrongTerminal` when another one answers than the config expects, or when it does not say what the
 *   config wants to know.
 */
export function checkIdentity(identity: DeviceIdentity, expected: ZvtOptions["expect"]): void {
  const wanted: [what: string, expected: string | undefined, found: string | undefined][] = [
    ["serial number", expected?.serial, identity.serial],
    ["terminal number", unpadded(expected?.terminalNumber), unpadded(identity.terminalNumber)],
  ];
  for (const [what, value, found] of wanted) {
    if (value === undefined || value === found) continue;
    const shown = found ?? "not told";
    throw new DeviceError(
      "wrongTerminal",
      `another terminal answers: its ${what} is ${shown}, not ${value}. Do: look whether two cables or addresses were swapped. 处理：请检查线缆或地址是否接反。`,
      { what, expected: value, found: found ?? "" },
    );
  }
}

/** Eight digits on the wire; people leave the zeros before them out. */
function unpadded(number: string | undefined): string | undefined {
  return number?.replace(/^0+(?=\d)/, "");
}
