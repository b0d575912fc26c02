import { beforeAll, describe, expect, test } from "vitest";
import { cardToken } from "../../../src/domain/card.ts";
import { decodeMessage } from "../../../src/drivers/iso8583/codec/decode.ts";
import { observe } from "../../../src/drivers/iso8583/codec/observe.ts";
import { startAcquirer } from "../../../src/sim/acquirer/acquirer.ts";
import { USUAL_FRAMING } from "../../../src/sim/acquirer/frames.ts";
import { readRequest } from "../../../src/sim/acquirer/request.ts";
import { readDetails } from "../../../src/sim/acquirer/settlement.ts";
import { readWire, WireMessage } from "../../../src/sim/acquirer/wire.ts";
import { approved, RECEIVE_MS, terminalAt } from "./counter.ts";
import { startTap } from "./tap.ts";

const FRAMING = { ...USUAL_FRAMING, maxFrameBytes: 8_192 };

interface Read {
  readonly frame: Buffer;
  readonly host: WireMessage;
}

/** Every kind of message, each several times so that the chances in it (DE2, tracks, chips, odd lengths) all come up. */
async function someBusiness(): Promise<readonly Read[]> {
  await using acquirer = await startAcquirer();
  await using tap = await startTap(acquirer.port);
  await using terminal = terminalAt(tap.port, { reversalResends: 0, receiveMs: RECEIVE_MS });
  await terminal.signIn();
  await terminal.download();
  for (let round = 0; round < 20; round++) {
    const sale = approved(await terminal.sale(10_000 + round));
    approved(await (round % 2 === 0 ? terminal.void(sale) : terminal.refund(sale, 5_000)));
    const hold = approved(await terminal.preAuth(50_000, { withoutCardNumber: round === 3 }));
    approved(await terminal.preAuthAddOn(hold, 100));
    approved(await (round % 2 === 0 ? terminal.completion(hold, 40_000) : terminal.completionAdvice(hold, 45_000)));
    const cancelled = approved(await terminal.preAuth(70_000));
    approved(await terminal.preAuthVoid(cancelled));
    approved(await terminal.offlineSale(700));
    approved(await terminal.sale(1_000, { method: "keyed" }));
    await terminal.balance();
    acquirer.next({ script: true });
    approved(await terminal.sale(1_100, { method: "chip" }));
    acquirer.next({ code: round % 2 === 0 ? "03" : "51" });
    await terminal.sale(2_000);
    acquirer.next({ delivery: "reset" });
    await terminal.sale(3_000);
  }
  await terminal.payDebts();
  acquirer.next({ on: "settlement", verdict: { domestic: "notBalanced", foreign: "error" } });
  await terminal.settle();
  await terminal.settle();
  await terminal.echo();
  await terminal.signOff();
  return tap.frames.map((frame) => {
    const host = readWire(frame, USUAL_FRAMING);
    if (!(host instanceof WireMessage)) throw new Error(`the host cannot read ${JSON.stringify(host)}`);
    return { frame, host };
  });
}

describe("the host's decoder and the gateway's codec, written apart from each other", () => {
  let messages: readonly Read[] = [];

  beforeAll(async () => {
    messages = await someBusiness();
  });

  test("saw every kind of message", () => {
    expect(new Set(messages.map(({ host }) => host.mti))).toEqual(
      new Set("0100 0110 0200 0210 0220 0230 0320 0330 0400 0410 0500 0510 0620 0630 0800 0810 0820 0830".split(" ")),
    );
    const lengths = new Set(messages.map(({ host }) => readRequest(host).card?.length));
    expect(lengths, "with and without a card, of odd and even length").toEqual(new Set([undefined, 15, 16, 19]));
  });

  test("read the same out of each", () => {
    for (const { frame, host } of messages) {
      const request = readRequest(host);
      const seen = observe(frame, FRAMING, () => cardToken("0123456789abcdef"));
      expect({
        error: seen.error,
        mti: seen.mti,
        fields: seen.fields,
        stan: seen.stan,
        amount: seen.amount,
        de41: seen.de41,
        de42: seen.de42,
        batch: seen.batch,
        network: seen.networkCode,
        code: seen.responseCode,
        rrn: seen.rrn,
        authCode: seen.authCode,
        entry: seen.entryMode?.code,
        original: [seen.original?.batch, seen.original?.stan],
        card: [seen.card?.bin6, seen.card?.last4, seen.card?.length],
        pin: seen.pinPresent,
        mac: seen.macPresent,
        details: seen.details?.map(({ stan, amount, card }) => [stan, amount, card?.last4]),
      }).toEqual({
        error: undefined,
        mti: host.mti,
        fields: host.fields(),
        stan: host.digits(11),
        amount: host.has(4) ? request.amount : undefined,
        de41: request.de41,
        de42: request.de42,
        batch: request.batch,
        network: request.networkCode,
        code: host.text(39),
        rrn: host.text(37),
        authCode: host.text(38),
        entry: host.digits(22),
        original: [request.originalBatch, request.originalStan],
        card: [request.card?.first6, request.card?.last4, request.card?.length],
        pin: host.has(52),
        mac: host.has(64),
        details:
          request.kind === "batchUpload" && host.has(48)
            ? readDetails(request).map(({ stan, amount, last4 }) => [stan, amount, last4])
            : undefined,
      });
    }
  });

  test("find the same fields at the same places", () => {
    for (const { frame, host } of messages) {
      const { fields } = decodeMessage(frame, FRAMING);
      for (const { de, start, end } of fields) {
        expect(frame.subarray(start, end).toString("hex"), `DE${de}`).toBe(host.raw(de)?.toString("hex"));
      }
      expect(fields.map(({ de }) => de)).toEqual(host.fields());
    }
  });
});
