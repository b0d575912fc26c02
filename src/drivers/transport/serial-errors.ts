import { DeviceError, type DeviceErrorCode } from "../../domain/device.ts";

/** What to do, for the technician. */
const REMEDIES = {
  unreachable: {
    en: "check that the configured path is a serial port (ls -l /dev/serial/by-id) and that its settings suit it",
    zh: "请确认所配置的路径是串口（ls -l /dev/serial/by-id），且串口参数适用",
  },
  absent: {
    en: "plug the device in, or correct its path (ls -l /dev/serial/by-id)",
    zh: "请插好设备，或更正其路径（ls -l /dev/serial/by-id）",
  },
  notPermitted: {
    en: "add the user that runs tillgate to the group dialout (usermod -aG dialout USER) and restart tillgate",
    zh: "请把运行 tillgate 的用户加入 dialout 组（usermod -aG dialout 用户名），然后重启 tillgate",
  },
  inUse: {
    en: "find the other program (fuser -v PATH) and stop it; ModemManager is a frequent one",
    zh: "请查出占用串口的程序（fuser -v 路径）并停止它；常见的是 ModemManager",
  },
  unavailable: {
    en: "reach the terminal over TCP, or run tillgate on Linux x64 or arm64; after an incomplete installation: npm ci",
    zh: "请改用 TCP 连接终端，或在 Linux x64/arm64 上运行 tillgate；若安装不完整，请运行 npm ci",
  },
} as const satisfies Partial<Record<DeviceErrorCode, { readonly en: string; readonly zh: string }>>;

export type SerialOpenCode = keyof typeof REMEDIES;

/** A port that cannot be opened: what happened and what to do, in English and Chinese. */
export function serialOpenError(code: SerialOpenCode, path: string, found: string): DeviceError {
  const { en, zh } = REMEDIES[code];
  return new DeviceError(code, `cannot open ${path}: ${found}. Do: ${en}. 处理：${zh}。`, { path, found, remedy: en });
}

/** What to do about it, in English. */
export function serialRemedy(code: SerialOpenCode): string {
  return REMEDIES[code].en;
}

/**
 * Sorts what the system said. Node's own calls give a code; the serial binding gives the text of strerror(3) only.
 *
 * EBUSY comes from a port that somebody holds with TIOCEXCL, "Cannot lock port" from one that is locked with flock(2).
 */
export function serialOpenCode(error: unknown): Exclude<SerialOpenCode, "unavailable"> {
  const text = `${error instanceof Error && "code" in error ? String(error.code) : ""} ${reasonOf(error)}`;
  if (/ENOENT|ENXIO|ENODEV|No such (file|device)/.test(text)) return "absent";
  if (/EACCES|EPERM|Permission denied|not permitted/.test(text)) return "notPermitted";
  if (/EBUSY|resource busy|Cannot lock port/.test(text)) return "inUse";
  return "unreachable";
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
