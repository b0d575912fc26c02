// The last column of the layout table in architecture.md, as one allow-list: folder -> folders of ours that it may import.
const allow = {
  domain: [],
  runtime: ["domain"],
  contract: ["domain"],
  config: ["domain", "runtime"],
  drivers: ["domain", "runtime"],
  terminals: ["domain", "runtime"],
  queue: ["domain", "runtime"],
  rescue: ["domain", "runtime", "contract"],
  diagnosis: ["domain"],
  risk: ["domain"],
  incidents: ["domain"],
  exposure: ["domain"],
  health: ["domain", "runtime"],
  uplink: ["domain", "runtime", "contract"],
  http: ["domain", "runtime", "contract"],
  web: ["contract"],
  sim: ["domain", "runtime", "contract"],
};

const layers = Object.entries(allow).map(([folder, others]) => ({
  name: `layer-${folder}`,
  severity: "error",
  comment: `src/${folder} may import only: ${[folder, ...others].join(", ")}`,
  from: { path: `^src/${folder}/` },
  to: { path: "^src/", pathNot: `^src/(${[folder, ...others].join("|")})/` },
}));

// An npm module that only its own folders may know, so that it can be replaced in one place.
const confined = {
  "better-sqlite3": "^src/(queue|sim/hq)/",
  mqtt: "^src/(uplink|sim/hq)/",
  aedes: "^src/sim/hq/",
  "age-encryption": "^src/rescue/",
  fastify: "^src/http/",
  "prom-client": "^src/http/",
  commander: "^src/(cli|sim)/",
  yaml: "^src/config/",
  "@serialport/bindings-cpp": "^src/drivers/transport/",
  "node-hid": "^src/drivers/hid/",
  koffi: "^src/runtime/libc[.]ts$",
};

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    { name: "no-orphans-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
    ...layers,
    {
      name: "sim-books-are-independent",
      severity: "error",
      comment: "Host and terminals write and read with code of their own, so that a codec cannot prove itself.",
      from: { path: "^src/sim/" },
      to: { path: "^src/drivers/" },
    },
    {
      name: "families-are-islands",
      severity: "error",
      from: { path: "^src/drivers/(iso8583|zvt|ecr|hid)/" },
      to: { path: "^src/drivers/(iso8583|zvt|ecr|hid)/", pathNot: "^src/drivers/$1/" },
    },
    {
      name: "pure-files-see-no-core-module",
      severity: "error",
      comment: "Codecs, machines and the domain are pure: what they need is handed in.",
      from: {
        path: "^src/(domain|drivers/wire)/|^src/drivers/[^/]+/(codec|machine)/|^src/(diagnosis|risk|incidents|exposure)/",
      },
      to: { dependencyTypes: ["core", "npm", "npm-optional"] },
    },
    {
      name: "store-threads-load-no-zod",
      severity: "error",
      comment: "Every start waits for these threads, and loading zod takes longer than opening the ledger.",
      from: { path: "^src/queue/(writer|reader)-thread[.]ts$" },
      to: { path: "^node_modules/zod/", reachable: true },
    },
    ...Object.entries(confined).map(([module, where]) => ({
      name: `confined-${module}`,
      severity: "error",
      from: { path: "^src/", pathNot: where },
      to: { path: `^node_modules/${module}/` },
    })),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default"] },
  },
};
