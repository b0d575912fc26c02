// The internet of the lab: two anchors, a page that is known to be empty, a name server. Obeys one JSON line at a time:
// {"dns": "answer"|"silent"|"refused"|"noName"|"failure"} and {"page": 204|302}.
import { createSocket } from "node:dgram";
import { createServer as createPage } from "node:http";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { ADDRESSES } from "./lab-network.ts";

/** RFC 1035, 4.1.1: RCODE. */
const RCODES: Readonly<Record<string, number>> = { answer: 0, failure: 2, noName: 3, refused: 5 };
const A_RECORD = 1;

let dns = "answer";
let page = 204;

/** Answers any question for an address with headquarters', in the mood of the moment. */
function answerTo(query: Buffer): Buffer | undefined {
  if (dns === "silent") return undefined;
  let at = 12;
  while (at < query.length && query[at] !== 0) at += (query[at] ?? 0) + 1;
  const question = query.subarray(12, at + 5);
  const isKnown = dns === "answer" && query.readUInt16BE(at + 1) === A_RECORD;
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | (RCODES[dns] ?? 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(isKnown ? 1 : 0, 6);
  if (!isKnown) return Buffer.concat([head, question]);
  // A pointer to the question's name, type A, class IN, 0 s to live, four bytes.
  const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...ADDRESSES.hq.split(".").map(Number)]);
  return Buffer.concat([head, question, answer]);
}

const udp = createSocket("udp4");
udp.on("message", (query, from) => {
  const answer = answerTo(query);
  if (answer !== undefined) udp.send(answer, from.port, from.address);
});
udp.bind(53, ADDRESSES.nameServer);
for (const host of [ADDRESSES.anchor, ADDRESSES.otherAnchor]) {
  createServer((socket) => socket.on("error", () => undefined).resume()).listen(443, host);
}
createPage((_request, response) => response.writeHead(page, page === 302 ? { location: "/sign-in" } : {}).end()).listen(
  80,
  ADDRESSES.anchor,
);
process.stdout.write("up\n");

for await (const line of createInterface({ input: process.stdin })) {
  const order: unknown = JSON.parse(line);
  if (typeof order !== "object" || order === null) continue;
  if ("dns" in order) dns = String(order.dns);
  if ("page" in order) page = Number(order.page);
  process.stdout.write("obeyed\n");
}
