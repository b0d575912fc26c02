// Publishes the text in FILE COUNT times to the broker at URL with mqtt.js as it is, WINDOW at a time, and prints how
// long that took.
import { readFile } from "node:fs/promises";
import { publishAll } from "./publish-all.ts";

const [, , url, file, count, window] = process.argv;
if (url === undefined || file === undefined || count === undefined || window === undefined) {
  throw new Error("usage: child-bare.ts URL FILE COUNT WINDOW");
}
const payload = await readFile(file, "utf8");
const ms = await publishAll({ url, payload, count: Number(count), window: Number(window) });
console.log(JSON.stringify({ records: Number(count), ms }));
