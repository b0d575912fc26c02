import { connect, createServer } from "node:net";

/** The least that a relay in Node can do: no observing, no ledger. What ours is compared with. */
const target = Number(process.argv[2]);

const server = createServer({ noDelay: true }, (terminal) => {
  const acquirer = connect({ host: "127.0.0.1", port: target, noDelay: true });
  terminal.pipe(acquirer).pipe(terminal);
  const end = (): void => {
    terminal.destroy();
    acquirer.destroy();
  };
  terminal.on("error", end).on("close", end);
  acquirer.on("error", end).on("close", end);
});

server.listen({ host: "127.0.0.1", port: 0, backlog: 512 }, () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.send?.(address.port);
});
process.once("disconnect", () => process.exit(0));
