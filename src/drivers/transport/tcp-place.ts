import { DeviceError } from "../../domain/device.ts";
import { type Endpoint, formatEndpoint } from "../../runtime/endpoint.ts";
import type { ByteLink, LinkPlace } from "./byte-link.ts";
import { ConnectError, type ConnectOptions, connectTcp } from "./tcp-connect.ts";
import { type TcpLimits, TcpLink } from "./tcp-link.ts";

export interface TcpPlaceOptions extends Omit<ConnectOptions, "timeoutMs">, Partial<TcpLimits> {
  /** ms until the connection is there. */
  readonly openWithinMs?: number;
}

/** A terminal that listens on the shop's network. */
export function tcpPlace(endpoint: Endpoint, options: TcpPlaceOptions = {}): LinkPlace {
  const name = formatEndpoint(endpoint);
  return { name, kind: "tcp", open: async (onBytes, signal) => openTcp(name, endpoint, options, onBytes, signal) };
}

async function openTcp(
  name: string,
  endpoint: Endpoint,
  { openWithinMs = 5000, writeWithinMs = 5000, closeWithinMs = 1000, ...rest }: TcpPlaceOptions,
  onBytes: (chunk: Uint8Array) => void,
  signal: AbortSignal,
): Promise<ByteLink> {
  try {
    const socket = await connectTcp(endpoint, { ...rest, timeoutMs: openWithinMs }, signal);
    return new TcpLink(name, socket, onBytes, { writeWithinMs, closeWithinMs });
  } catch (error) {
    signal.throwIfAborted();
    throw openError(name, error);
  }
}

function openError(name: string, error: unknown): unknown {
  if (!(error instanceof ConnectError)) return error;
  const { en, zh } = remedyFor(error.code);
  const message = `cannot connect to ${name}: ${error.code}. Do: ${en}. 处理：${zh}。`;
  return new DeviceError("unreachable", message, { endpoint: name, found: error.code, remedy: en });
}

function remedyFor(code: string): { readonly en: string; readonly zh: string } {
  switch (code) {
    case "ECONNREFUSED":
      return {
        en: "check the port, and that the terminal's network interface is switched on and no other till holds it",
        zh: "请核对端口，并确认终端已启用网络接口且未被其他收银机占用",
      };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return { en: "configure the terminal's IP address instead of its name", zh: "请改用终端的 IP 地址而不是名称" };
    default:
      return {
        en: "check that the terminal is switched on, its cable or Wi-Fi, and its IP address",
        zh: "请检查终端是否开机、网线或 Wi-Fi，以及其 IP 地址",
      };
  }
}
