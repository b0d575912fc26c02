import { DeviceError, type DeviceErrorCode } from "../../domain/device.ts";
import type { HidOptions } from "./options.ts";

export type HidTarget = Pick<HidOptions, "vendorId" | "productId" | "serial">;

/** The two rules that let the service's group use a maker's devices (udev(7)). */
function udevRules(vendorId: number): string {
  const vendor = hex4(vendorId);
  return [
    `SUBSYSTEM=="usb", ATTRS{idVendor}=="${vendor}", MODE="0660", GROUP="dialout"`,
    `KERNEL=="hidraw*", ATTRS{idVendor}=="${vendor}", MODE="0660", GROUP="dialout"`,
  ].join("\n");
}

export function absent(target: HidTarget): DeviceError {
  return hidError("absent", target, "is not plugged in", {
    en: "plug it in, or correct vendorId and productId (lsusb)",
    zh: "请插好设备，或更正 vendorId 和 productId（lsusb）",
  });
}

export function notPermitted(target: HidTarget, path: string): DeviceError {
  const file = "/etc/udev/rules.d/70-tillgate-hid.rules";
  const rules = udevRules(target.vendorId);
  return hidError(
    "notPermitted",
    target,
    `may not be opened by this user (${path})`,
    {
      en: `write these two lines into ${file}, run "udevadm control --reload", and plug the device in again; the user that runs tillgate must be in the group dialout`,
      zh: `请将以下两行写入 ${file}，运行 "udevadm control --reload"，然后重新插拔设备；运行 tillgate 的用户须属于 dialout 组`,
    },
    rules,
  );
}

/** The operating system types what such a device reads, wherever the cursor is: nothing of it is dependable here. */
export function isKeyboard(target: HidTarget): DeviceError {
  return hidError("notSupported", target, "works as a keyboard", {
    en: "switch it to HID POS or virtual COM mode with its maker's tool or setup barcode",
    zh: "请用厂商工具或设置条码将其切换为 HID POS 或虚拟串口模式",
  });
}

export function otherSerial(target: HidTarget, found: string): DeviceError {
  return hidError("wrongTerminal", target, `is plugged in with another serial number: ${found}`, {
    en: "plug the right one in, or correct serial; after an exchange: tillgate terminals replace",
    zh: "请插入正确的设备，或更正 serial；更换设备后请运行 tillgate terminals replace",
  });
}

export function ambiguous(target: HidTarget, count: number): DeviceError {
  return hidError("wrongTerminal", target, `is plugged in ${count} times`, {
    en: "configure serial, so that it is known which one is meant, or unplug the others",
    zh: "请配置 serial 以指明是哪一台，或拔掉其余设备",
  });
}

/** Sorts what the system said about opening. node-hid gives text only, with strerror(3) at its end. */
export function openError(target: HidTarget, path: string, error: unknown): DeviceError {
  if (error instanceof DeviceError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (/Permission denied|not permitted/.test(text)) return notPermitted(target, path);
  if (/No such (file|device)/.test(text)) return absent(target);
  return hidError(/busy/.test(text) ? "inUse" : "unreachable", target, `cannot be opened: ${text}`, {
    en: "unplug it, wait 5 seconds, plug it in again; close other programs that use it",
    zh: "请拔出设备，等待 5 秒后重新插入，并关闭其他占用它的程序",
  });
}

function hidError(
  code: DeviceErrorCode,
  target: HidTarget,
  what: string,
  { en, zh }: { readonly en: string; readonly zh: string },
  appendix?: string,
): DeviceError {
  const usb = `${hex4(target.vendorId)}:${hex4(target.productId)}`;
  const found = `USB device ${usb} ${what}`;
  const message = `${found}. Do: ${en}. 处理：${zh}。${appendix === undefined ? "" : `\n${appendix}`}`;
  return new DeviceError(code, message, {
    usb,
    found,
    remedy: appendix === undefined ? en : `${en}:\n${appendix}`,
  });
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, "0");
}
