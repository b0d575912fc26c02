import { currency } from "../../../src/domain/money.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { zvtDriver } from "../../../src/drivers/zvt/index.ts";
import { type ZvtOptions, zvtOptions } from "../../../src/drivers/zvt/options.ts";
import { tcpPlace } from "../../../src/drivers/transport/tcp-place.ts";
import { driverContract } from "./driver-contract.ts";
import { ZvtPeer } from "./zvt-peer.ts";

/** Long enough for a machine that is busy, short enough to wait for. */
const T3_MS = 1000;
const T4_S = 1.5;

driverContract("zvt on TCP", { sells: true }, async () => {
  const peer = await ZvtPeer.listening();
  const parsed = zvtOptions.parse({
    family: "zvt",
    link: { tcp: `127.0.0.1:${peer.port}` },
    expect: { serial: peer.expectedSerial },
  });
  const options: ZvtOptions = { ...parsed, answerTimeoutMs: T3_MS, completionTimeoutS: T4_S };
  const setup = { terminal: terminalId("till-1"), options, currency: currency("EUR"), timezone: "Europe/Berlin" };
  return {
    family: "zvt",
    peer,
    patienceMs: 15_000,
    driver: (deps) =>
      zvtDriver(
        setup,
        tcpPlace({ host: "127.0.0.1", port: peer.port }, { writeWithinMs: 1000, closeWithinMs: 500 }),
        deps,
      ),
    [Symbol.asyncDispose]: async () => peer[Symbol.asyncDispose](),
  };
});
