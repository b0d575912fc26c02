import { inDoubtAnswer } from "../../contract/payments.ts";
import { currency, minorUnits } from "../../domain/money.ts";
import type { Output } from "../output.ts";
import { columns, displayAmount, localTime, printable } from "../text.ts";
import {
  askDesk,
  complainOf,
  type DeskQuery,
  isTokenRefused,
  NOT_PERMITTED,
  NOT_TILLGATE,
  UNREACHABLE,
} from "./desk-client.ts";

const SOME = 1;

/** `in-doubt list`. @returns 0 when there is none, 1 when there is one, 2 when this user may not ask, 3 when no gateway can tell. */
export async function list(options: DeskQuery & { readonly json: boolean }, output: Output): Promise<number> {
  const response = await askDesk("/api/v1/in-doubt", options, output);
  if (typeof response === "number") return response;
  if (!response.ok) {
    await complainOf(response, output);
    return isTokenRefused(response) ? NOT_PERMITTED : UNREACHABLE;
  }
  const answer = inDoubtAnswer.safeParse(await response.json().catch(() => undefined));
  if (!answer.success) {
    output.complain(NOT_TILLGATE);
    return UNREACHABLE;
  }
  const { inDoubt } = answer.data;
  if (options.json) output.print(JSON.stringify(inDoubt));
  else if (inDoubt.length === 0) output.print("Nothing is in doubt.");
  else for (const line of table(inDoubt)) output.print(line);
  return inDoubt.length === 0 ? 0 : SOME;
}

function table(inDoubt: readonly Doubt[]): readonly string[] {
  const heads = ["ID", "TERMINAL", "KIND", "AMOUNT", "SINCE", "TILL", "ORDER", "NEXT CHECK", "WHY"];
  return columns(heads, inDoubt.map(row));
}

type Doubt = ReturnType<typeof inDoubtAnswer.parse>["inDoubt"][number];

function row(doubt: Doubt): readonly string[] {
  const { id, terminal, kind, amount, till = "", orderId = "", requestedAt, nextCheckAt, lastCheck, reason } = doubt;
  const money = amount === undefined ? "" : displayAmount(minorUnits(amount), currencyOf(doubt));
  const why = lastCheck?.why ?? reason ?? doubt.outcome;
  const unasked = till === "" || lastCheck !== undefined ? "a person" : "when it answers again";
  const next = nextCheckAt === undefined ? unasked : localTime(nextCheckAt);
  return [id, terminal, kind, money, localTime(requestedAt), till, orderId, next, why].map(printable);
}

function currencyOf({ currency: code }: Doubt): ReturnType<typeof currency> | undefined {
  return code !== undefined && /^[A-Z]{3}$/.test(code) ? currency(code) : undefined;
}
