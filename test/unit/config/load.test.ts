import { describe, expect, it } from "vitest";
import { formatProblems } from "../../../src/config/problem.ts";
import { ACQUIRERS, GOOD, load, problemsOf, SITE, UPLINK } from "./a-config.ts";

describe("a good config", () => {
  it("is complete: every key that was left out has its default", () => {
    const result = load(GOOD);
    if (!result.ok) throw new Error(formatProblems(result.problems));
    expect(result.warnings).toEqual([]);
    expect(result.config).toMatchObject({
      language: "zh-CN",
      store: { directory: "/var/lib/tillgate", allowVolatile: false },
      uplink: { confirm: "receipt", window: 100, ratePerS: 50 },
      http: { listen: { host: "127.0.0.1", port: 8480 } },
      acquirers: [{ endpoints: [{ host: "127.0.0.1", port: 6001 }], framing: { length: "be16", tpdu: true } }],
      terminals: [],
    });
  });

  it("is frozen all the way down", () => {
    const result = load(GOOD);
    if (!result.ok) throw new Error(formatProblems(result.problems));
    const { config } = result;
    const parts = [
      config,
      config.uplink,
      config.acquirers,
      config.acquirers[0]?.endpoints[0],
      config.acquirers[0]?.framing,
    ];
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true));
  });

  it("writes one address one way, however it was spelt", () => {
    const result = load(`${GOOD}
terminals:
  - { id: t1, acquirer: bank, de41: "00000001", address: "2001:DB8:0::1" }
`);
    expect(result).toMatchObject({ ok: true, config: { terminals: [{ address: "2001:db8::1" }] } });
  });

  it("may let the system choose ports: two listeners on port 0 are no conflict", () => {
    const result = load(`${SITE}${UPLINK}${ACQUIRERS.replace("5001", "0")}http: { listen: "127.0.0.1:0" }`);
    expect(result.ok).toBe(true);
  });
});

interface Bad {
  readonly fault: string;
  readonly text: string;
  readonly path: string;
  readonly found?: string | RegExp;
  readonly allowed?: string | RegExp;
  readonly remedy: string | RegExp;
  readonly nearest?: string;
}

const uplink = (line: string): string => `${SITE}${UPLINK}  ${line}\n${ACQUIRERS}`;
const acquirer = (line: string): string => `${SITE}${UPLINK}${ACQUIRERS}    ${line}\n`;
const terminals = (...entries: string[]): string =>
  `${GOOD}terminals:\n${entries.map((entry) => `  - { ${entry} }`).join("\n")}\n`;

const BAD: readonly Bad[] = [
  {
    fault: "an unknown key near a known one",
    text: uplink("windw: 5"),
    path: "uplink.windw",
    found: "an unknown key: windw",
    allowed: /^url, protocol, /,
    remedy: "write window",
    nearest: "window",
  },
  {
    fault: "an unknown key like no other",
    text: `${GOOD}quux: 1\n`,
    path: "quux",
    remedy: "remove the key, or move it to its section",
  },
  {
    fault: "an unknown key inside a driver family's options",
    text: acquirer("writeAheadMax: 5"),
    path: "acquirers[0].writeAheadMax",
    remedy: "write writeAheadMaxMs",
    nearest: "writeAheadMaxMs",
  },
  {
    fault: "a number out of range",
    text: uplink("window: 5000"),
    path: "uplink.window",
    found: "5000, a number",
    allowed: "a whole number from 1 to 1000",
    remedy: "set it to what is allowed, or remove the line: the default is 100",
  },
  {
    fault: "two routes of one name",
    text: uplink("routes: [{ name: dsl }, { name: dsl }]"),
    path: "uplink.routes",
    allowed: "a list of 0 to 4, each name once",
    remedy: "give each route a name of its own",
  },
  {
    fault: "a fifth route",
    text: acquirer("routes: [{ name: a }, { name: b }, { name: c }, { name: d }, { name: e }]"),
    path: "acquirers[0].routes",
    allowed: "a list of 0 to 4",
    remedy: /./,
  },
  {
    fault: "a route by a name instead of an address",
    text: uplink("routes: [{ name: lte, sourceAddress: modem.local }]"),
    path: "uplink.routes[0].sourceAddress",
    allowed: /^an IP address of this machine/,
    remedy: /./,
  },
  {
    fault: "a route by something that is no interface",
    text: acquirer("routes: [{ name: lte, interface: /dev/ttyUSB0 }]"),
    path: "acquirers[0].routes[0].interface",
    allowed: "a network interface, e.g. wwan0",
    remedy: /./,
  },
  {
    fault: "a number with a fraction",
    text: uplink("keepaliveS: 1.5"),
    path: "uplink.keepaliveS",
    allowed: "a whole number from 5 to 3600",
    remedy: /default is 30$/,
  },
  {
    fault: "a number in quotes",
    text: uplink('window: "50"'),
    path: "uplink.window",
    found: '"50"',
    remedy: /^write 50 without quotes/,
  },
  {
    fault: "text where true or false belongs",
    text: uplink("userProperties: yes"),
    path: "uplink.userProperties",
    allowed: "true or false",
    remedy: /default is false$/,
  },
  {
    fault: "a value that is nearly one of the choices",
    text: uplink("confirm: reciept"),
    path: "uplink.confirm",
    allowed: "one of: receipt, broker",
    remedy: "write receipt",
    nearest: "receipt",
  },
  {
    fault: "a choice that YAML reads as a number",
    text: uplink("protocol: 5"),
    path: "uplink.protocol",
    remedy: 'put it in quotes: "5"',
  },
  {
    fault: "a terminal number that lost its quotes and with them its zeros",
    text: terminals("id: t1, acquirer: bank, de41: 00000123"),
    path: "terminals[0].de41",
    found: "00000123, a number",
    remedy: 'put it in quotes: "00000123"',
  },
  {
    fault: "a missing section",
    text: SITE + ACQUIRERS,
    path: "uplink",
    found: "nothing",
    allowed: /^a section with the keys url, /,
    remedy: "add the key uplink",
  },
  {
    fault: "a missing key",
    text: `site: { tenant: acme, site: shop-1 }\n${UPLINK}${ACQUIRERS}`,
    path: "site.gateway",
    found: "nothing",
    remedy: "add the key gateway",
  },
  {
    fault: "a section whose keys are all commented out",
    text: `${GOOD}store:\n  # directory: /x\n`,
    path: "store",
    found: "a key without a value",
    remedy: "give it a value, or remove the line",
  },
  {
    fault: "a name that could not stand in a topic",
    text: `site: { tenant: acme, site: "shop/1", gateway: g1 }\n${UPLINK}${ACQUIRERS}`,
    path: "site.site",
    found: '"shop/1"',
    allowed: /^letters, digits/,
    remedy: "set it to what is allowed",
  },
  {
    fault: "a time zone that does not exist",
    text: `site: { tenant: acme, site: s, gateway: g, timezone: Asia/Peking2 }\n${UPLINK}${ACQUIRERS}`,
    path: "site.timezone",
    allowed: "an IANA time zone, e.g. Asia/Shanghai",
    remedy: /default is Asia\/Shanghai$/,
  },
  {
    fault: "a time zone that is only an offset",
    text: `site: { tenant: acme, site: s, gateway: g, timezone: "+08:00" }\n${UPLINK}${ACQUIRERS}`,
    path: "site.timezone",
    remedy: /default is Asia\/Shanghai$/,
  },
  {
    fault: "a currency that does not exist",
    text: `site: { tenant: acme, site: s, gateway: g, currency: RMB }\n${UPLINK}${ACQUIRERS}`,
    path: "site.currency",
    allowed: "an ISO 4217 code in capitals, e.g. CNY",
    remedy: /default is CNY$/,
  },
  {
    fault: "a broker address of another protocol",
    text: `${SITE}uplink: { url: "http://broker" }\n${ACQUIRERS}`,
    path: "uplink.url",
    allowed: "mqtt://HOST[:PORT] or mqtts://HOST[:PORT]",
    remedy: /^write scheme, host and port only/,
  },
  {
    fault: "a password without a user name",
    text: uplink("password: { credential: p }"),
    path: "uplink.username",
    remedy: "add the key username",
  },
  {
    fault: "a user name misspelt, beside a password",
    text: uplink("password: { credential: p }\n  usrname: x"),
    path: "uplink.usrname",
    remedy: "write username",
    nearest: "username",
  },
  {
    fault: "TLS details for a broker without TLS",
    text: uplink("tls: { ca: /etc/ca.pem }"),
    path: "uplink.tls",
    remedy: "begin url with mqtts://, or remove the section tls",
  },
  {
    fault: "a client certificate without its key",
    text: acquirer("tls: { cert: /etc/c.pem }"),
    path: "acquirers[0].tls.key",
    found: "nothing",
    remedy: /^add the key key: /,
  },
  {
    fault: "a key without its client certificate",
    text: acquirer("tls: { key: { file: /etc/k.pem } }"),
    path: "acquirers[0].tls.cert",
    remedy: "add the key cert, or remove key",
  },
  {
    fault: "an API that other machines could reach",
    text: `${GOOD}http: { listen: 0.0.0.0:8480 }\n`,
    path: "http.listen",
    found: '"0.0.0.0:8480"',
    allowed: /^only loopback addresses/,
    remedy: /default is 127\.0\.0\.1:8480$/,
  },
  {
    fault: "an acquirer address without a port",
    text: acquirer("").replace('"127.0.0.1:6001"', "bank.example"),
    path: "acquirers[0].endpoints[0]",
    found: '"bank.example"',
    allowed: /^host:port/,
    remedy: "set it to what is allowed",
  },
  {
    fault: "an acquirer address with a port that does not exist",
    text: acquirer("").replace("6001", "66001"),
    path: "acquirers[0].endpoints[0]",
    allowed: /^host:port/,
    remedy: "set it to what is allowed",
  },
  {
    fault: "too many acquirer addresses",
    text: acquirer("").replace('"127.0.0.1:6001"', Array.from({ length: 9 }, (_, i) => `"h:${i + 1}"`).join(",")),
    path: "acquirers[0].endpoints",
    found: "a list of 9",
    allowed: "a list of 1 to 8",
    remedy: "set it to what is allowed",
  },
  {
    fault: "an unknown family",
    text: `${SITE}${UPLINK}${ACQUIRERS.replace("iso8583", "iso8538")}`,
    path: "acquirers[0].family",
    allowed: "iso8583",
    remedy: "write iso8583",
    nearest: "iso8583",
  },
  {
    fault: "a kind that counts on both sides",
    text: acquirer("creditKinds: [sale]"),
    path: "acquirers[0].creditKinds",
    allowed: "kinds that are not in debitKinds",
    remedy: "remove the kind from one of the two lists",
  },
  {
    fault: "an acquirer that nobody knows",
    text: terminals('id: t1, acquirer: banc, de41: "1"'),
    path: "terminals[0].acquirer",
    found: "banc, which no entry of acquirers has as its id",
    allowed: "one of: bank",
    remedy: "write bank",
    nearest: "bank",
  },
  {
    fault: "a merchant that nobody knows",
    text: terminals('id: t1, acquirer: bank, de41: "1", merchant: "104110154110001"'),
    path: "terminals[0].merchant",
    allowed: "an id from merchants, which has none",
    remedy: "add it to merchants, or name one of those",
  },
  {
    fault: "a terminal listed twice",
    text: terminals('id: t1, acquirer: bank, de41: "1"', 'id: t1, acquirer: bank, de41: "2"'),
    path: "terminals[1].id",
    found: "the same as terminals[0].id",
    remedy: "change or remove one of the two",
  },
  {
    fault: "a terminal number twice at one acquirer",
    text: terminals('id: t1, acquirer: bank, de41: "1"', 'id: t2, acquirer: bank, de41: "1"'),
    path: "terminals[1].de41",
    found: "the same as terminals[0].de41",
    remedy: "change or remove one of the two",
  },
  {
    fault: "an address twice at one acquirer, spelt differently",
    text: terminals(
      'id: t1, acquirer: bank, de41: "1", address: "2001:db8::1"',
      'id: t2, acquirer: bank, de41: "2", address: "2001:DB8:0::1"',
    ),
    path: "terminals[1].address",
    found: "the same as terminals[0].address",
    remedy: "change or remove one of the two",
  },
  {
    fault: "a family of terminals that nobody knows",
    text: terminals('id: t1, family: ztv, link: { tcp: "192.0.2.1:20007" }'),
    path: "terminals[0].family",
    found: '"ztv"',
    allowed: "one of: relay, zvt, ecr, hid",
    remedy: "write zvt",
    nearest: "zvt",
  },
  {
    fault: "a terminal that is reached in two ways",
    text: terminals('id: t1, family: zvt, link: { tcp: "192.0.2.1:20007", serial: { path: /dev/ttyUSB0 } }'),
    path: "terminals[0].link",
    allowed: "either tcp or serial",
    remedy: "write one of the two keys, not both",
  },
  {
    fault: "two terminals at one place",
    text: terminals(
      "id: t1, family: zvt, link: { serial: { path: /dev/ttyUSB0 } }",
      "id: t2, family: ecr, profile: ecr17, link: { serial: { path: /dev/ttyUSB0 } }",
    ),
    path: "terminals[1].link.serial.path",
    found: "the same as terminals[0].link.serial.path",
    remedy: "change or remove one of the two",
  },
  {
    fault: "a terminal that stands in for itself",
    text: terminals('id: t1, family: zvt, link: { tcp: "192.0.2.1:20007" }, standbyFor: t1'),
    path: "terminals[0].standbyFor",
    found: "t1, which is the terminal itself",
    remedy: "name one of those, or remove the key",
  },
  {
    fault: "a terminal that stands in for one whose bytes are relayed",
    text: terminals(
      'id: t1, acquirer: bank, de41: "1"',
      'id: t2, family: zvt, link: { tcp: "192.0.2.1:20007" }, standbyFor: t1',
      'id: t3, family: zvt, link: { tcp: "192.0.2.2:20007" }',
    ),
    path: "terminals[1].standbyFor",
    found: "t1, which is no terminal that tillgate talks to",
    allowed: "one of: t3",
    remedy: "name one of those, or remove the key",
  },
  {
    fault: "a standby with another merchant than its primary",
    text: `${terminals(
      'id: t1, family: zvt, merchant: "1", link: { tcp: "192.0.2.1:20007" }',
      'id: t2, family: zvt, merchant: "2", link: { tcp: "192.0.2.2:20007" }, standbyFor: t1',
    )}merchants: [{ id: "1" }, { id: "2" }]\n`,
    path: "terminals[1].standbyFor",
    found: "merchant 2, beside terminals[0] with merchant 1",
    allowed: "only terminals of the same merchant",
    remedy: "give both the same merchant if they have it, else remove the key",
  },
  {
    fault: "a standby whose merchant is not known",
    text: `${terminals(
      'id: t1, family: zvt, merchant: "1", link: { tcp: "192.0.2.1:20007" }',
      'id: t2, family: zvt, link: { tcp: "192.0.2.2:20007" }, standbyFor: t1',
    )}merchants: [{ id: "1" }]\n`,
    path: "terminals[1].standbyFor",
    found: "no merchant, beside terminals[0] with merchant 1",
    remedy: "give both the same merchant if they have it, else remove the key",
  },
  {
    fault: "a group with terminals of two merchants",
    text: `${terminals(
      'id: t1, family: zvt, merchant: "1", group: front, link: { tcp: "192.0.2.1:20007" }',
      'id: t2, family: zvt, merchant: "2", group: front, link: { tcp: "192.0.2.2:20007" }',
    )}merchants: [{ id: "1" }, { id: "2" }]\n`,
    path: "terminals[1].group",
    found: "merchant 2, beside terminals[0] with merchant 1",
    remedy: "give both the same merchant if they have it, else remove the key",
  },
  {
    fault: "two tokens of one name",
    text: tokens("till-a", "till-a"),
    path: "http.tokens[1].name",
    found: "the same as http.tokens[0].name",
    allowed: "each name of a token once",
    remedy: "change or remove one of the two",
  },
  {
    fault: "a token with the gateway's own name",
    text: tokens("local"),
    path: "http.tokens[0].name",
    found: "local",
    allowed: "any name but local, which the token in the store's directory has",
    remedy: "choose another name",
  },
  {
    fault: "neither an acquirer nor a terminal",
    text: `${SITE}${UPLINK}`,
    path: "acquirers",
    found: "nothing",
    allowed: "at least one acquirer, or one terminal that needs none",
    remedy: "add an acquirer with its endpoints, or a terminal with its family",
  },
  {
    fault: "two listeners on one port",
    text: acquirer("").replace("5001", "8480"),
    path: "acquirers[0].listen",
    found: "127.0.0.1:8480, which http.listen takes already",
    remedy: "choose another port for one of the two",
  },
  {
    fault: "two listeners on one port, one of them on all addresses",
    text: acquirer("").replace("127.0.0.1:5001", "0.0.0.0:8480"),
    path: "acquirers[0].listen",
    remedy: "choose another port for one of the two",
  },
  {
    fault: "a key that stands twice",
    text: uplink("window: 5\n  window: 6"),
    path: "uplink.window",
    found: "a key that stands twice in its section",
    remedy: "keep the one that is meant and remove the other",
  },
  {
    fault: "an alias",
    text: `${GOOD}language: *lang\n`,
    path: "language",
    found: "an anchor (&) or alias (*)",
    remedy: /^put the value in single quotes/,
  },
  {
    fault: "a tag",
    text: `${GOOD}language: !zh en\n`,
    path: "",
    found: "a tag (!)",
    remedy: /^put the value in single/,
  },
  {
    fault: "a tab",
    text: `${GOOD}store:\n\tdirectory: /x\n`,
    path: "",
    found: "a tab used to indent",
    remedy: "replace the tab by spaces",
  },
  {
    fault: "a second document",
    text: `${GOOD}---\n${GOOD}`,
    path: "",
    found: "a second document (---)",
    remedy: /^remove the line ---/,
  },
  { fault: "an empty file", text: "# nothing yet\n", path: "", found: "no keys at all", remedy: /^start from / },
];

describe("a bad config", () => {
  it.each(BAD)("with $fault gets one problem, and it says what to do", (bad) => {
    const problems = problemsOf(bad.text);
    expect(problems.map(({ path }) => path)).toEqual([bad.path]);
    const [problem] = problems;
    expect(problem?.nearest).toBe(bad.nearest);
    expect(problem?.remedy).toEqual(matching(bad.remedy));
    if (bad.found !== undefined) expect(problem?.found).toEqual(matching(bad.found));
    if (bad.allowed !== undefined) expect(problem?.allowed).toEqual(matching(bad.allowed));
  });

  it("is pointed at by line and column", () => {
    expect(at(GOOD.replace("mqtt://127.0.0.1", "ftp://x"))).toEqual(["5:8"]);
    expect(at(GOOD.replace("  url:", "  window: 1\n  ulr:"))).toEqual(["6:3"]);
    expect(at(GOOD.replace("    listen: 127.0.0.1:5001\n", ""))).toEqual(["8:5"]);
  });
});

function at(text: string): string[] {
  return problemsOf(text).map(({ line, column }) => `${line}:${column}`);
}

function matching(wanted: string | RegExp): unknown {
  return typeof wanted === "string" ? wanted : expect.stringMatching(wanted);
}

describe("all problems come out at once", () => {
  const TEN_FAULTS = `
site:
  tenant: acme
  site: "shop 1"
  gateway: g1
  timezon: Asia/Shanghai
uplink:
  password: letmein
  username: acme
  window: 0
store:
  directory: relative/path
acquirers:
  - id: bank
    family: iso8538
    listen: 127.0.0.1:8480
    endpoints: [bank.example]
    idleTimeoutS: 1
terminals:
  - id: t1
    acquirer: bank
    de41: "1"
  - id: t1
    acquirer: other
    de41: "1"
    de41: "1"
`;

  it("also when each stands in another section, and one is a syntax fault of the same file", () => {
    expect(problemsOf(TEN_FAULTS).map(({ path }) => path)).toEqual([
      "site.site",
      "site.timezon",
      "uplink.url",
      "uplink.password",
      "uplink.window",
      "store.directory",
      "acquirers[0].family",
      "acquirers[0].listen",
      "acquirers[0].endpoints[0]",
      "acquirers[0].idleTimeoutS",
      "terminals[1].id",
      "terminals[1].acquirer",
      "terminals[1].de41",
    ]);
  });

  it("a list that is too long does not hide what is wrong inside it", () => {
    const endpoints = [...Array.from({ length: 8 }, (_, i) => `"h:${i + 1}"`), "nonsense"].join(", ");
    const text = GOOD.replace('"127.0.0.1:6001"', endpoints);
    expect(problemsOf(text).map(({ path }) => path)).toEqual(["acquirers[0].endpoints", "acquirers[0].endpoints[8]"]);
  });

  it("several syntax faults, and beside them what can be said for sure about the rest", () => {
    const text = `${uplink('clientId: "a\\q"')}terminals:\n  - id: !t t1\n    acquirr: bank\n    de41: 1\nlanguage: fr\n`;
    const problems = problemsOf(text);
    expect(problems.filter(({ path }) => path === "").map(({ found }) => found)).toEqual(
      expect.arrayContaining(["a backslash sequence that does not exist", "a tag (!)"]),
    );
    expect(problems.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["terminals[0].acquirr", "terminals[0].de41", "language"]),
    );
  });

  it("what a syntax fault may have swallowed is not called missing", () => {
    const problems = problemsOf("site: { tenant: acme, site: s, gateway: g\nuplink: { url: mqtt://h }\n");
    expect(problems.filter(({ found }) => found === "nothing")).toEqual([]);
    expect(problems.length).toBeGreaterThan(0);
  });

  it("more than 500 are counted, not listed", () => {
    const text = `${GOOD}${Array.from({ length: 600 }, (_, i) => `quux${i}: 1`).join("\n")}\n`;
    const problems = problemsOf(text);
    expect(problems).toHaveLength(501);
    expect(problems.at(-1)?.found).toBe("100 problems more");
  });
});

describe("the text for the terminal", () => {
  it("is one block a problem: where, what was found, what is allowed, what to do", () => {
    expect(formatProblems(problemsOf(uplink("windw: 5").replace("shop-1", "shop 1"))))
      .toBe(`line 2, column 29: site.site
  found    "shop 1"
  allowed  letters, digits, '.', '_' and '-', at most 64, a letter or digit first
  do       set it to what is allowed

line 6, column 3: uplink.windw
  found    an unknown key: windw
  allowed  url, protocol, clientId, username, password, tls, routes, confirm, window, unreceiptedMax, keepaliveS, connectTimeoutMs, pubackDeadlineMs, receiptDeadlineMs, ratePerS, burst, drainControl, maximumPacketBytes, userProperties
  do       write window`);
  });
});

describe("warnings", () => {
  it("a ledger in memory", () => {
    expect(warningsOf(`${GOOD}store: { allowVolatile: true }\n`)).toEqual(["store.allowVolatile"]);
  });

  it("broker confirmation over MQTT 3.1.1, where a refused publish is acknowledged with success", () => {
    expect(warningsOf(uplink("confirm: broker\n  protocol: 3.1.1"))).toEqual(["uplink.confirm"]);
    expect(warningsOf(uplink('confirm: broker\n  protocol: "5"'))).toEqual([]);
  });

  it("a password in clear text over a network, but not within this machine", () => {
    const credentials = "password: { credential: p }\n  username: u";
    expect(warningsOf(uplink(credentials).replace("mqtt://127.0.0.1", "mqtt://broker.example"))).toEqual([
      "uplink.url",
    ]);
    expect(warningsOf(uplink(credentials))).toEqual([]);
  });

  it("a terminal that is told to close its batch by itself: that moves money", () => {
    const zvt = 'id: t1, family: zvt, link: { tcp: "192.0.2.1:20007" }';
    expect(warningsOf(terminals(`${zvt}, autoSettle: true`))).toEqual(["terminals[0].autoSettle"]);
    expect(warningsOf(terminals(`${zvt}, autoSettle: false`))).toEqual([]);
  });

  it("a terminal at which tills cannot sell, and commands that have no effect", () => {
    for (const profile of ["ecr17", "transbank"]) {
      expect(warningsOf(ecr(profile, ""))).toEqual(["terminals[0].commands"]);
      expect(warningsOf(ecr(profile, ", commands: on"))).toEqual([]);
    }
    for (const profile of ["misPos", "poslink"]) {
      expect(warningsOf(ecr(profile, ""))).toEqual([]);
      expect(warningsOf(ecr(profile, ", commands: on"))).toEqual(["terminals[0].commands"]);
    }
  });
});

function ecr(profile: string, more: string): string {
  return terminals(`id: t1, family: ecr, profile: ${profile}, link: { tcp: "192.0.2.1:1024" }${more}`);
}

/** A config with tokens of these names. */
function tokens(...names: readonly string[]): string {
  const entries = names.map((name) => `{ name: ${name}, role: till, token: { credential: t } }`);
  return `${GOOD}http: { tokens: [${entries.join(", ")}] }\n`;
}

function warningsOf(text: string): string[] {
  const result = load(text);
  if (!result.ok) throw new Error(formatProblems(result.problems));
  return result.warnings.map(({ path }) => path);
}
