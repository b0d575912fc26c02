import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Log } from "../runtime/log.ts";
import { problem, PROBLEM_CONTENT_TYPE, type ProblemKind, sendProblem } from "./problems.ts";

const KIND_OF_STATUS: ReadonlyMap<number, ProblemKind> = new Map([
  [400, "badRequest"],
  [413, "tooLarge"],
  [415, "notJson"],
]);

const BAD_JSON: ReadonlySet<string> = new Set(["FST_ERR_CTP_INVALID_JSON_BODY", "FST_ERR_CTP_EMPTY_JSON_BODY"]);

/** Every refusal is a problem document; what went wrong inside stays in the log, what was sent in neither. */
export function answerFaults(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((request, reply) => {
    const [path = ""] = request.url.split("?");
    if (!app.hasRoute({ method: "GET", url: path })) return sendProblem(reply, problem("notFound"));
    return sendProblem(reply.header("allow", "GET, HEAD"), problem("methodNotAllowed"));
  });

  app.setErrorHandler((error, request, reply) => {
    const { code, statusCode } = describe(error);
    // The caller has gone, or its time is over: the search was told to stop, which is no fault. `request.signal` would not
    // do: it also fires when a body has been read.
    const isOver = code === "FST_ERR_HANDLER_TIMEOUT" || request.raw.socket.destroyed;
    if (isOver) return sendProblem(reply, problem("busy"));
    const isBadJson = BAD_JSON.has(code) && request.routeOptions.url !== undefined;
    const kind = isBadJson ? "badJson" : (KIND_OF_STATUS.get(statusCode) ?? "internal");
    if (kind === "internal") log.error("http.failed", { route: request.routeOptions.url, error });
    return sendProblem(reply, problem(kind));
  });
}

function describe(error: unknown): { readonly code: string; readonly statusCode: number } {
  if (!(error instanceof Error)) return { code: "", statusCode: 500 };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const statusCode = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;
  return { code, statusCode };
}

const KIND_OF_PARSER_ERROR: ReadonlyMap<string, ProblemKind> = new Map([
  ["ERR_HTTP_REQUEST_TIMEOUT", "timedOut"],
  ["HPE_HEADER_OVERFLOW", "headersTooLarge"],
]);

/** For what fails before there is a request: bytes that are not HTTP, a head that never ends. */
export function answerBrokenRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = problem(KIND_OF_PARSER_ERROR.get(error.code ?? "") ?? "badRequest");
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${body.status} ${body.title}`,
      `content-type: ${PROBLEM_CONTENT_TYPE}`,
      `content-length: ${Buffer.byteLength(text)}`,
      "cache-control: no-store",
      "connection: close",
      "",
      text,
    ].join("\r\n"),
  );
}
