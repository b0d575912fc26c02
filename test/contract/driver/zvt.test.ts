import { driverContract } from "./driver-contract.ts";
import { zvtOnTcp } from "./zvt-world.ts";

driverContract("zvt on TCP", { sells: true }, zvtOnTcp);
