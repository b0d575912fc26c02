import { currency } from "../../../src/domain/money.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { ecrDriver } from "../../../src/drivers/ecr/index.ts";
import { ecrOptions } from "../../../src/drivers/ecr/options.ts";
import { tcpPlace } from "../../../src/drivers/transport/tcp-place.ts";
import { type CommandedProfile, EcrPeer } from "./ecr-peer.ts";
import type { DriverWorld } from "./world.ts";

/** ms. */
const ACK_MS = 300;
const ANSWER_MS = 1200;

/** A driver of the family `ecr` with commands switched on, and the simulated terminal of its profile. */
export async function ecrWorld(profile: CommandedProfile): Promise<DriverWorld> {
  const peer = await EcrPeer.listening(profile);
  const options = {
    ...ecrOptions.parse({
      family: "ecr",
      profile,
      commands: "on",
      ...(profile === "ecr17" ? { expect: { terminalNumber: "12345678" }, extendedResult: true } : {}),
    }),
    ackTimeoutMs: ACK_MS,
    answerTimeoutS: ANSWER_MS / 1000,
  };
  return {
    family: `ecr ${profile}`,
    peer,
    driver: (deps) =>
      ecrDriver({ terminal: terminalId("t-1"), options }, tcpPlace({ host: "127.0.0.1", port: peer.port }), deps),
    patienceMs: 20_000,
    currency: currency(profile === "ecr17" ? "EUR" : "CLP"),
    [Symbol.asyncDispose]: async () => peer[Symbol.asyncDispose](),
  };
}
