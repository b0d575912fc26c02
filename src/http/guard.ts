import type { FastifyInstance } from "fastify";
import { isLoopback } from "../runtime/endpoint.ts";
import { problem, sendProblem } from "./problems.ts";

const HOST = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::[0-9]{1,5})?$/;

/**
 * A web page that somebody in the shop opens can point its own host name at 127.0.0.1 and read what answers there
 * (DNS rebinding). Its requests carry that name; ours carry a loopback one.
 */
export function isOurHost(header: string | undefined, listenHost: string): boolean {
  const [, ipv6, name] = HOST.exec(header ?? "") ?? [];
  const host = (ipv6 ?? name ?? "").toLowerCase();
  return isLoopback(host) || host === listenHost.toLowerCase();
}

/** For every request, those that find nothing included. There is no CORS header: other origins read nothing. */
export function guard(app: FastifyInstance, listenHost: string): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "same-origin",
    });
    if (!isOurHost(request.headers.host, listenHost)) return sendProblem(reply, problem("wrongHost"));
    return undefined;
  });
}
