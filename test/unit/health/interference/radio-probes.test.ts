import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { ChannelReport } from "../../../../src/domain/interference.ts";
import { parseQuality, parseSignal } from "../../../../src/health/interference/modem/mmcli-output.ts";
import { type ModemFound, NEW_MODEM, seeModem } from "../../../../src/health/interference/modem/modem-judge.ts";
import { modemProbe } from "../../../../src/health/interference/modem/modem-probe.ts";
import { wifiProbe } from "../../../../src/health/interference/wifi/wifi-probe.ts";
import { type RunTool, runTool, type ToolAnswer } from "../../../../src/runtime/run-tool.ts";
import { SysFiles } from "../../../../src/runtime/sys-files.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const NEVER = new AbortController().signal;

async function said(name: string): Promise<string> {
  return readFile(new URL(`fixtures/${name}`, import.meta.url), "utf8");
}

/** A tool that answers from what it was recorded to say, by its last words. `asked` keeps how it was called. */
function scripted(answers: Readonly<Record<string, string | ToolAnswer>>): {
  readonly run: RunTool;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const run: RunTool = async (command, args) => {
    const line = [command, ...args].join(" ");
    asked.push(line);
    const answer = Object.entries(answers).find(([end]) => line.endsWith(end))?.[1];
    if (answer === undefined)
      return Promise.resolve({ ok: false, because: "failed", code: 1, stderr: "no such thing" });
    return Promise.resolve(typeof answer === "string" ? { ok: true, stdout: answer } : answer);
  };
  return { run, asked };
}

const withoutTool: RunTool = async (_command, args, options) => runTool("/nowhere/iw", args, options);

async function layPort(root: string, name: string, driver: string, kind: "wlan" | "wwan"): Promise<void> {
  const place = `${root}/sys/class/net/${name}`;
  await mkdir(`${place}/device`, { recursive: true });
  await writeFile(`${place}/uevent`, `DEVTYPE=${kind}\nINTERFACE=${name}\n`);
  await writeFile(`${place}/type`, "1\n");
  await symlink(`../../../bus/sdio/drivers/${driver}`, `${place}/device/driver`);
}

/** Two looks of the Wi-Fi probe, half a minute apart. */
async function wifiLooks(
  driver: string,
  folder: string,
): Promise<{ readonly reports: readonly ChannelReport[]; readonly asked: readonly string[] }> {
  await using dir = await tempDir();
  await layPort(dir.path, "wlan0", driver, "wlan");
  const asked: string[] = [];
  let at = 0;
  let now = "a";
  const run: RunTool = async (command, args, options) => {
    const survey = await said(`${folder}-survey-${now}.txt`).catch(() => "");
    const tool = scripted({
      "station dump": await said(`${folder}-station-${now}.txt`),
      "survey dump": survey,
      link: await said("brcmfmac-link.txt"),
    });
    const answer = await tool.run(command, args, options);
    asked.push(...tool.asked);
    return answer;
  };
  const probe = wifiProbe({ files: new SysFiles(dir.path), run, monotonicMs: () => at });
  await probe.look(NEVER);
  at = 30_000;
  now = "b";
  return { reports: await probe.look(NEVER), asked };
}

describe("the Wi-Fi probe", () => {
  test("never asks brcmfmac for a survey, and says what is therefore not read", async () => {
    const { reports, asked } = await wifiLooks("brcmfmac", "brcmfmac");
    expect(asked.filter((line) => line.includes("survey"))).toEqual([]);
    expect(asked).toContain("iw dev wlan0 station dump");
    expect(reports).toMatchObject([
      { channel: "wifi:wlan0", kind: "wifi", figures: { failedRatio: 0.02, signalDbm: -52 } },
    ]);
    expect(reports[0]?.unread?.en).toContain("brcmfmac");
    expect(reports[0]?.figures).not.toHaveProperty("retryRatio");
  });

  test("does not ask a driver that it does not know either", async () => {
    const { asked } = await wifiLooks("vendor_wifi", "ath9k");
    expect(asked.filter((line) => line.includes("survey"))).toEqual([]);
  });

  test.each([
    ["ath9k", "ath9k", 0.38],
    ["mt7921e", "mt76", 0.05],
  ])("asks %s, and tells how much of the air is not Wi-Fi", async (driver, folder, notWifi) => {
    const { reports } = await wifiLooks(driver, folder);
    expect(reports[0]?.figures["notWifi"]).toBe(notWifi);
    expect(reports[0]).not.toHaveProperty("unread");
  });

  test("says so when iw is not there", async () => {
    await using dir = await tempDir();
    await layPort(dir.path, "wlan0", "ath9k", "wlan");
    const probe = wifiProbe({ files: new SysFiles(dir.path), run: withoutTool, monotonicMs: () => 0 });
    const [report] = await probe.look(NEVER);
    expect(report).toMatchObject({ figures: {}, risen: false });
    expect(report?.unread?.en).toContain("iw is not installed");
    expect(report?.unread?.zh).toContain("未安装 iw");
  });

  test("says nothing of a radio that nobody uses, and that the access point is gone of one that was connected", async () => {
    await using dir = await tempDir();
    await layPort(dir.path, "wlan0", "ath9k", "wlan");
    let connected = false;
    const run: RunTool = async (command, args, options) =>
      scripted({
        "station dump": connected ? await said("ath9k-station-a.txt") : "",
        link: connected ? await said("brcmfmac-link.txt") : "Not connected.\n",
      }).run(command, args, options);
    const probe = wifiProbe({ files: new SysFiles(dir.path), run, monotonicMs: () => 0 });
    for (let look = 0; look < 4; look += 1) expect(await probe.look(NEVER)).toEqual([]);
    connected = true;
    expect(await probe.look(NEVER)).toHaveLength(1);
    connected = false;
    await probe.look(NEVER);
    expect((await probe.look(NEVER))[0]).not.toHaveProperty("verdict");
    expect((await probe.look(NEVER))[0]?.verdict).toMatchObject({ cause: "accessPointLost", confidence: 0.8 });
  });
});

describe("what mmcli says", () => {
  test("is text: two dashes are unknown, and the network that tells most is looked at", async () => {
    expect(parseSignal(await said("mmcli-signal-lte.json"))).toEqual({
      refreshS: 30,
      network: "lte",
      rsrpDbm: -84,
      rsrqDb: -17,
      snrDb: 1.4,
      rssiDbm: -53,
    });
    expect(parseSignal(await said("mmcli-signal-off.json"))).toEqual({ refreshS: 0 });
    expect(parseQuality(await said("mmcli-modem.json"))).toBe(62);
  });

  test.each(["", "error: couldn't find modem", "[]", "{}", '{"modem":null}', '{"modem":{"signal":7}}'])(
    "may be %j, and tells nothing then",
    (text) => {
      expect(parseSignal(text)?.rsrpDbm).toBeUndefined();
      expect(parseQuality(text)).toBeUndefined();
    },
  );
});

/** So many looks of a modem, a minute apart, that all say the same. */
function after(figures: Readonly<Record<string, number>>, looks = 5): ModemFound {
  let found = seeModem(NEW_MODEM, figures, 0);
  for (let look = 1; look < looks; look += 1) found = seeModem(found.memory, figures, look * 60_000);
  return found;
}

describe("a modem", () => {
  test("with a strong and unclean signal is disturbed", () => {
    const { verdict } = after({ rsrpDbm: -84, rsrqDb: -17, snrDb: 1.4 });
    expect(verdict).toMatchObject({ cause: "cellInterference", confidence: 0.9 });
  });

  // As unclean, and no interference.
  test.each([
    ["far from the cell", { rsrpDbm: -108, rsrqDb: -17, snrDb: 1.4 }, "cellWeak"],
    ["in a full cell", { rsrpDbm: -84, rsrqDb: -17, snrDb: 14 }, "notEnoughEvidence"],
    ["that does not tell its SNR", { rsrpDbm: -84, rsrqDb: -17 }, "notEnoughEvidence"],
    ["between strong and weak", { rsrpDbm: -96, rsrqDb: -17, snrDb: 1.4 }, "notEnoughEvidence"],
  ] as const)("%s is not said to be disturbed", (_, figures, cause) => {
    const { verdict } = after(figures);
    expect(verdict?.cause).toBe(cause);
    expect(verdict?.next === undefined).toBe(cause !== "notEnoughEvidence");
  });

  test("is not judged by one look, and a good one has no verdict", () => {
    expect(after({ rsrpDbm: -84, rsrqDb: -17, snrDb: 1.4 }, 2).verdict?.cause).toBe("notEnoughEvidence");
    expect(after({ rsrpDbm: -84, rsrqDb: -9, snrDb: 15 }).verdict).toBeUndefined();
    expect(after({}).verdict).toBeUndefined();
  });
});

describe("the modem's probe", () => {
  test("lets the modem measure when it does not, once an hour, and says what to do when it still does not", async () => {
    await using dir = await tempDir();
    await layPort(dir.path, "wwan0", "qmi_wwan", "wwan");
    const { run, asked } = scripted({
      "--signal-get": await said("mmcli-signal-off.json"),
      "--signal-setup=30": { ok: false, because: "failed", code: 1, stderr: "error: not authorized" },
      "-J": await said("mmcli-modem.json"),
    });
    const probe = modemProbe({ files: new SysFiles(dir.path), run, monotonicMs: () => 0 });
    await probe.look(NEVER);
    const [report] = await probe.look(NEVER);
    expect(asked.filter((line) => line === "mmcli -m any --signal-setup=30")).toHaveLength(1);
    expect(report).toMatchObject({ channel: "cellular:wwan0", figures: { qualityPercent: 62 } });
    expect(report?.unread?.en).toContain("--signal-setup=30");
  });

  test("reads it, and asks nothing where there is no modem or no mmcli", async () => {
    await using dir = await tempDir();
    const { run, asked } = scripted({ "--signal-get": await said("mmcli-signal-lte.json") });
    const probe = modemProbe({ files: new SysFiles(dir.path), run, monotonicMs: () => 0 });
    expect(await probe.look(NEVER)).toEqual([]);
    expect(asked).toEqual([]);
    await layPort(dir.path, "wwan0", "qmi_wwan", "wwan");
    expect((await probe.look(NEVER))[0]?.figures).toEqual({ rsrpDbm: -84, rsrqDb: -17, snrDb: 1.4, rssiDbm: -53 });
    const absent = scripted({ "--signal-get": { ok: false, because: "missing", stderr: "" } });
    const [report] = await modemProbe({ files: new SysFiles(dir.path), run: absent.run, monotonicMs: () => 0 }).look(
      NEVER,
    );
    expect(report?.unread?.en).toContain("mmcli is not installed");
  });
});
