import { expect, test } from "vitest";
import { loadConfig } from "../../../../src/config/load.ts";
import { FAMILIES } from "../../../../src/config-families.ts";
import { gatewayInterference, type InterferenceParts } from "../../../../src/gateway-interference.ts";
import { silentLog } from "../../../../src/runtime/log.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";
import { ACQUIRERS, SITE } from "../../config/a-config.ts";

const ELSEWHERE = "\nuplink: { url: mqtts://mqtt.example.com }\n";
const PARTS: InterferenceParts = {
  ledger: { sample: () => undefined },
  serial: undefined,
  lowSupply: () => undefined,
  recorder: { record: async () => Promise.reject(new Error("nothing is to be recorded")) },
};

test.each([
  ["off", undefined],
  ["on", "interference"],
])("link.interference: %s", (setting, name) => {
  const config = loadConfig(`${SITE}${ELSEWHERE}${ACQUIRERS}link: { interference: ${setting} }\n`, FAMILIES);
  if (!config.ok) throw new Error("the config is meant to be good");
  const deps = { clock: new VirtualClock(), log: silentLog, random: () => 0.5 };
  expect(gatewayInterference(config.config, deps, PARTS)?.name).toBe(name);
});
