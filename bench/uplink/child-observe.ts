// Subscribes to everything at the broker at URL, prints a line when it has, waits for COUNT records, and prints how
// many ms passed from the first to the last.
import { connect } from "mqtt";

const [, , url, countText] = process.argv;
if (url === undefined || countText === undefined) throw new Error("usage: child-observe.ts URL COUNT");
const count = Number(countText);

const client = connect(url, { protocolVersion: 5 });
const all = Promise.withResolvers<number>();
let arrived = 0;
let firstAt = 0;
client.on("message", (topic) => {
  if (!topic.endsWith("/transaction")) return;
  if (arrived === 0) firstAt = performance.now();
  arrived += 1;
  if (arrived === count) all.resolve(performance.now() - firstAt);
});
await client.subscribeAsync("#", { qos: 0 });
console.log(JSON.stringify({ subscribed: true }));
console.log(JSON.stringify({ ms: await all.promise }));
client.end(true);
