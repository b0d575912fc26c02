import { isName, type TerminalId } from "../domain/terminal.ts";
import { RECORD_KINDS, type RecordKind } from "../domain/record.ts";

/** Who a gateway is, as it stands in topics. Each part is a name: letters, digits, `.`, `_`, `-`; at most 64. */
export interface GatewayAddress {
  readonly tenant: string;
  readonly site: string;
  readonly gateway: string;
}

/** `records` is news, `replay` the same payload later: a reader that raises alarms listens to the first only. */
export const RECORD_CHANNELS = ["records", "replay"] as const;
export type RecordChannel = (typeof RECORD_CHANNELS)[number];

/** Under which all topics of one gateway stand. */
function baseTopic({ tenant, site, gateway }: GatewayAddress): string {
  return `tillgate/v1/${tenant}/${site}/${gateway}`;
}

export function statusTopic(address: GatewayAddress): string {
  return `${baseTopic(address)}/status`;
}

/** States of a gateway, retained, one topic each; `terminals/{terminal}` for each terminal of the config. */
export type RetainedTopic = "health" | "exposure" | "link" | `terminals/${TerminalId}`;

export function retainedTopic(address: GatewayAddress, topic: RetainedTopic): string {
  return `${baseTopic(address)}/${topic}`;
}

/** What a gateway says to itself by way of the broker, to know that both directions carry. Nobody else reads it. */
export function echoTopic(address: GatewayAddress): string {
  return `${baseTopic(address)}/echo`;
}

export function receiptsTopic(address: GatewayAddress): string {
  return `${baseTopic(address)}/receipts`;
}

export function recordTopic(address: GatewayAddress, channel: RecordChannel, kind: RecordKind): string {
  return `${baseTopic(address)}/${channel}/${kind}`;
}

/** Retained: whether the consumer of this tenant's records is up. */
export function hqStatusTopic(tenant: string): string {
  return `hq/${tenant}/status`;
}

/** What a consumer of a whole tenant subscribes to. */
export function hqSubscriptions(tenant: string): readonly string[] {
  const all = `tillgate/v1/${tenant}/+/+`;
  return [`${all}/records/+`, `${all}/replay/+`, `${all}/status`];
}

/** A topic of a gateway that headquarters reads, taken apart. */
export type GatewayTopic =
  | { readonly address: GatewayAddress; readonly channel: RecordChannel; readonly kind: RecordKind }
  | { readonly address: GatewayAddress; readonly channel: "status" };

/** `undefined` for any other topic: topics come from outside. */
export function parseGatewayTopic(topic: string): GatewayTopic | undefined {
  const [product, version, tenant, site, gateway, channel, kind, ...rest] = topic.split("/");
  if (product !== "tillgate" || version !== "v1" || rest.length > 0) return undefined;
  if (tenant === undefined || site === undefined || gateway === undefined) return undefined;
  if (![tenant, site, gateway].every(isName)) return undefined;
  const address = { tenant, site, gateway };
  if (channel === "status" && kind === undefined) return { address, channel };
  const recordChannel = RECORD_CHANNELS.find((c) => c === channel);
  const recordKind = RECORD_KINDS.find((k) => k === kind);
  if (recordChannel === undefined || recordKind === undefined) return undefined;
  return { address, channel: recordChannel, kind: recordKind };
}
