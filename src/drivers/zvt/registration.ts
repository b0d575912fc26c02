import { currencyNumber } from "../../domain/money.ts";
import { registration } from "./codec/commands.ts";
import type { CommandPlan } from "./machine/command-machine.ts";
import { passwordOf, type ZvtSetup } from "./setup.ts";

/** Config byte: 80 print as lines and blocks, and 02 or 04 some receipts here. */
const PRINTS_HERE = 0x80;
const RECEIPTS_HERE = 0x06;

const PRINT_TEXT_BLOCK = 0x06d3;
const UTF8 = 0xfe;

/** 06 00: what every session begins with. */
export function registrationOf(setup: ZvtSetup): CommandPlan {
  const { options, currency } = setup;
  const configByte = Number.parseInt(options.configByte, 16);
  const number = currencyNumber(currency);
  const printsHere = (configByte & PRINTS_HERE) !== 0 && (configByte & RECEIPTS_HERE) !== 0;
  const apdu = registration({
    password: passwordOf(setup),
    configByte,
    ...(number === undefined ? {} : { currencyNumber: number }),
    ...(options.serviceByte === undefined ? {} : { serviceByte: Number.parseInt(options.serviceByte, 16) }),
    ...(printsHere ? { permitted: [PRINT_TEXT_BLOCK] } : {}),
    ...(options.charset === "utf8" ? { charset: UTF8 } : {}),
  });
  return { apdu, repeatable: true, completes: true };
}
