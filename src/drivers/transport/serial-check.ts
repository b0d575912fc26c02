import { constants, type Stats } from "node:fs";
import { access, stat } from "node:fs/promises";
import { assertNever } from "../../domain/assert-never.ts";
import type { DeviceFinding } from "./device-finding.ts";
import { reasonOf, serialOpenCode, serialRemedy } from "./serial-errors.ts";
import { type NameDirectories, type StableName, stableName } from "./stable-name.ts";

/** What can be seen of a serial port without opening it: opening may restart the terminal. */
export type PortLook =
  | { readonly is: "absent" | "notPermitted" | "unreachable"; readonly found: string }
  | { readonly is: "noPort" }
  | { readonly is: "port"; readonly isPermitted: boolean; readonly name: StableName };

/** Looks at a serial port. Changes nothing and opens nothing. */
export async function lookAtPort(path: string, directories?: NameDirectories): Promise<PortLook> {
  let node: Stats;
  let name: StableName;
  try {
    node = await stat(path);
    name = await stableName(path, directories);
  } catch (error) {
    const code = serialOpenCode(error);
    return { is: code === "inUse" ? "unreachable" : code, found: reasonOf(error) };
  }
  if (!node.isCharacterDevice()) return { is: "noPort" };
  return { is: "port", isPermitted: await isReadableAndWritable(path), name };
}

async function isReadableAndWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * What `tillgate check` says of a configured serial port.
 *
 * @param owner  Whose port it is, e.g. `terminal till-1`.
 */
export function portFindings(owner: string, path: string, look: PortLook): readonly DeviceFinding[] {
  const what = `${owner} at ${path}`;
  switch (look.is) {
    case "absent":
    case "notPermitted":
    case "unreachable":
      return [{ level: "error", what, found: look.found, remedy: serialRemedy(look.is) }];
    case "noPort":
      return [{ level: "error", what, found: "it is no serial port", remedy: serialRemedy("unreachable") }];
    case "port":
      return [permission(what, look.isPermitted), ...nameAdvice(what, path, look.name)];
    default:
      return assertNever(look);
  }
}

function permission(what: string, isPermitted: boolean): DeviceFinding {
  if (isPermitted) return { level: "ok", what, found: "there, and this user may open it", remedy: "nothing" };
  return { level: "error", what, found: "this user may not open it", remedy: serialRemedy("notPermitted") };
}

function nameAdvice(
  what: string,
  path: string,
  { path: stable, by, isIdShared }: StableName,
): readonly DeviceFinding[] {
  if (stable === undefined || stable === path) return [];
  const found = isIdShared
    ? "adapters without a serial number of their own cannot be told apart by id"
    : "this name may go to another device when it is replugged or the machine restarts";
  const where = by === "path" ? ", and leave the adapter in its socket" : "";
  return [{ level: "warning", what, found, remedy: `configure ${stable}${where}` }];
}
