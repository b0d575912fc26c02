import { mends, statusByte } from "./device.ts";
import { RECEIPT, settlementReceipt } from "./receipt-lines.ts";
import { totalsStatus } from "./status-fields.ts";
import type { Talk } from "./talk.ts";
import { localTime, momentOf } from "./terminal-clock.ts";
import { bcd, byteField, container, countedField, field, joined, message, POSITIVE, text, tlv } from "./writing.ts";

// Commands that move no money, but for the end of day, which closes the batch.

const WRONG_CURRENCY = 0x6f;
const FUNCTION_NOT_POSSIBLE = 0x83;
const BUSY = 0x9c;

/** Commands that are served here, each with whether it goes on while somebody is in the terminal's menu. */
const SERVICES: ReadonlyMap<number, { readonly serve: (talk: Talk) => Promise<void>; readonly whileLocked: boolean }> =
  new Map([
    [0x0501, { serve: statusEnquiry, whileLocked: true }],
    [0x0600, { serve: register, whileLocked: true }],
    [0x0602, { serve: logOff, whileLocked: true }],
    [0x0650, { serve: endOfDay, whileLocked: false }],
    [0x0670, { serve: diagnose, whileLocked: false }],
    [0x0691, { serve: setClock, whileLocked: false }],
    [0x0693, { serve: initialise, whileLocked: false }],
  ]);

export function serviceOf(
  command: number,
): { readonly serve: (talk: Talk) => Promise<void>; readonly whileLocked: boolean } | undefined {
  return SERVICES.get(command);
}

/** 06 00: the till says what it prints itself and what it wants to be told. */
async function register(talk: Talk): Promise<void> {
  const { command, conduct, device } = talk.parts;
  const isForeign = command.currency !== undefined && command.currency !== device.currency;
  if (isForeign || conduct.abortWith === WRONG_CURRENCY) {
    await talk.reach("taken");
    // As the specification has it: 1E stands where 84 xx has its error, and the error in the data.
    await talk.answerAndEnd(message(0x841e, Uint8Array.of(WRONG_CURRENCY), bcd(device.currency, 2)));
    return;
  }
  await talk.acknowledge();
  device.register(command);
  await talk.complete(
    byteField(0x19, statusByte(device.status)),
    field(0x29, bcd(talk.identity.terminalNumber, 4)),
    field(0x49, bcd(device.currency, 2)),
    device.takesTlv ? container(tlv(0x1f44, bcd(talk.identity.terminalNumber, 4))) : NOTHING,
  );
}

/** 06 02 has no completion. */
async function logOff(talk: Talk): Promise<void> {
  talk.parts.device.forgetTill();
  await talk.reach("taken");
  await talk.answerAndEnd(POSITIVE);
}

/** 05 01. Version and name only for a till that shows the password, with which it asks for more than the status. */
async function statusEnquiry(talk: Talk): Promise<void> {
  await talk.acknowledge();
  await talk.complete(statusData(talk, talk.parts.device.status));
}

/** What a terminal says to a second till while the first one's order runs. */
export async function sayBusy(talk: Talk): Promise<void> {
  await talk.acknowledge();
  await talk.complete(statusData(talk, BUSY));
}

const STATUS_ALONE = 3;

function statusData(talk: Talk, status: number): Uint8Array {
  const { model, software, serial } = talk.identity;
  if (talk.parts.command.apdu.length <= STATUS_ALONE) return Uint8Array.of(status);
  const version = text(software, "cp437");
  const device = tlv(
    0xe4,
    tlv(0x1f40, text(model, "cp437")),
    tlv(0x1f41, version),
    tlv(0x1f42, bcd(serial, 4)),
    tlv(0x1f43, Uint8Array.of(0)),
  );
  const more = talk.parts.device.takesTlv ? container(device) : NOTHING;
  return joined(countedField(0, 3, version).subarray(1), Uint8Array.of(status), more);
}

/** 06 50: tells what the batch held and begins the next one. */
async function endOfDay(talk: Talk): Promise<void> {
  const { books, conduct, device, clock } = talk.parts;
  await talk.acknowledge();
  await talk.intermediate(0x04, "Bitte warten");
  await talk.reach("waitingForHost");
  await talk.pause(conduct.hostMs ?? 0);
  if (conduct.decline !== undefined) {
    await talk.abort(conduct.decline);
    return;
  }
  const batch = books.settle();
  mend(talk);
  await talk.reach("hostDecided");
  const now = localTime(clock.now() + device.clockOffsetMs);
  await talk.sayStatus(totalsStatus(batch, { identity: talk.identity, currency: device.currency, ...now }));
  await talk.reach("statusSent");
  if (device.printsAdministration) {
    await talk.print(RECEIPT.administration, settlementReceipt(batch, talk.identity.terminalNumber));
  }
  await talk.reach("printed");
  await talk.complete();
}

/** 06 70: tries the way to the host, which tells the time as well. */
async function diagnose(talk: Talk): Promise<void> {
  const { conduct, device } = talk.parts;
  await talk.acknowledge();
  await talk.intermediate(0x04, "Bitte warten");
  await talk.reach("waitingForHost");
  await talk.pause(conduct.hostMs ?? 0);
  if (conduct.decline !== undefined) {
    await talk.abort(conduct.decline);
    return;
  }
  mend(talk);
  await talk.complete(byteField(0x19, statusByte(device.status)), field(0x29, bcd(talk.identity.terminalNumber, 4)));
}

/** 06 91. The terminal's clock then differs from the machine's by what the till says. */
async function setClock(talk: Talk): Promise<void> {
  const { command, device, clock } = talk.parts;
  const moment = momentOf(command.date ?? "", command.time ?? "");
  await talk.acknowledge();
  if (moment === undefined) {
    await talk.abort(FUNCTION_NOT_POSSIBLE);
    return;
  }
  device.clockOffsetMs = moment - clock.now();
  mend(talk);
  await talk.complete();
}

async function initialise(talk: Talk): Promise<void> {
  const { conduct, device } = talk.parts;
  await talk.acknowledge();
  await talk.intermediate(0x04, "Bitte warten");
  await talk.reach("waitingForHost");
  await talk.pause(conduct.hostMs ?? 0);
  if (conduct.decline !== undefined) {
    await talk.abort(conduct.decline);
    return;
  }
  mend(talk);
  await talk.complete(byteField(0x19, statusByte(device.status)), field(0x29, bcd(talk.identity.terminalNumber, 4)));
}

function mend(talk: Talk): void {
  const { command, device } = talk.parts;
  if (mends(command.code, device.status)) device.status = 0;
}

const NOTHING = new Uint8Array(0);
