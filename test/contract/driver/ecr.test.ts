import { driverContract } from "./driver-contract.ts";
import { ecrWorld } from "./ecr-world.ts";

driverContract("ecr with Transbank on TCP", { sells: true, introducesItself: false }, async () =>
  ecrWorld("transbank"),
);
driverContract("ecr with ECR17 on TCP", { sells: true }, async () => ecrWorld("ecr17"));
