import { writeFile } from "node:fs/promises";
import { jsonSchemaOf } from "../src/config/key-table.ts";
import { configSchema } from "../src/config/schema.ts";
import { FAMILIES } from "../src/config-families.ts";
import { exampleConfig } from "./example-config.ts";
import { jsonText } from "./json-text.ts";

/** The files of this folder that are written by `npm run generate`, by name. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const schema = { title: "tillgate.yaml", ...jsonSchemaOf(configSchema(FAMILIES)) };
  return new Map([
    ["tillgate.schema.json", jsonText(schema)],
    ["tillgate.example.yaml", exampleConfig(schema)],
  ]);
}

if (import.meta.main) {
  for (const [name, text] of generatedFiles()) {
    await writeFile(new URL(name, import.meta.url), text);
    console.log(`wrote deploy/${name}`);
  }
}
