import { driverContract } from "../driver-contract.ts";
import { lineWorld } from "./line-peer.ts";

driverContract("the README's example", { sells: true }, lineWorld);
