import { driverContract } from "./driver-contract.ts";
import { zvtOnSerial } from "./zvt-world.ts";

driverContract("zvt on a serial line", { sells: true }, zvtOnSerial);
