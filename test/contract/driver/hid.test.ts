import { driverContract } from "./driver-contract.ts";
import { hidWorld } from "./hid-world.ts";

driverContract("hid over a fake port, an encrypting reader", { sells: false }, async () => hidWorld("magneSafe"));
driverContract("hid over a fake port, a reader in clear", { sells: false }, async () => hidWorld("sureSwipe"));
