/** In the order in which they are made. */
export const TRIALS = ["durability", "crash", "fullDisk", "blackHole"] as const;
export type TrialName = (typeof TRIALS)[number];

/** `warn`: it works, and somebody should look. Only `fail` makes the exit code 1. */
export type Status = "pass" | "warn" | "fail" | "skipped";
export type Language = "en" | "zh-CN";

type Figures = Readonly<Record<string, string | number>>;

/** How each finding counts. */
export const STATUS_OF = {
  durable: "pass",
  noWal: "warn",
  notDurable: "fail",
  diskFast: "pass",
  diskSlow: "warn",
  diskDying: "fail",
  volatile: "warn",
  clockSynced: "pass",
  clockNotSynced: "warn",
  crashSurvived: "pass",
  crashLost: "fail",
  crashNoStart: "fail",
  fullSurvived: "pass",
  fullLost: "fail",
  fullNotRecovered: "fail",
  fullNotReached: "fail",
  fullImpossible: "skipped",
  holeSurvived: "pass",
  holeUnnoticed: "fail",
  holeBlocked: "fail",
  holeNotDelivered: "fail",
  holeDoubled: "fail",
  tooLate: "fail",
  broken: "fail",
} as const satisfies Record<string, Status>;
export type FindingName = keyof typeof STATUS_OF;

/** What a finding says, and what to do. */
export interface Told {
  readonly found: (figures: Figures) => string;
  /** Absent where there is nothing to do. */
  readonly remedy?: string;
}

export interface Words {
  readonly where: (figures: { readonly directory: string; readonly fileSystem: string }) => string;
  readonly trials: Readonly<Record<TrialName, string>>;
  readonly statuses: Readonly<Record<Status, string>>;
  readonly findings: Readonly<Record<FindingName, Told>>;
  readonly stopped: string;
  readonly allGood: string;
  readonly notGood: (failed: number) => string;
  /** Before a remedy. */
  readonly todo: string;
}

const EN: Words = {
  where: ({ directory, fileSystem }) => `Trying ${directory}: ${fileSystem}. It takes less than a minute.`,
  trials: { durability: "disk", crash: "crash", fullDisk: "full disk", blackHole: "black hole" },
  statuses: { pass: "PASS", warn: "LOOK", fail: "FAIL", skipped: "SKIPPED" },
  findings: {
    durable: { found: (f) => `every commit is on disk before it counts (${f["journal"]}, synchronous=FULL)` },
    noWal: {
      found: () => "write-ahead logging does not work here; every commit is on disk all the same, more slowly",
      remedy: "Name a directory on ext4 in store.directory.",
    },
    notDurable: {
      found: (f) => `SQLite does not keep what it was asked for: ${f["journal"]}, synchronous=${f["synchronous"]}`,
      remedy: "Report this: records could be lost with the power.",
    },
    diskFast: { found: (f) => `a commit takes ${f["p50"]} ms, one in a hundred ${f["p99"]} ms` },
    diskSlow: {
      found: (f) => `a commit takes ${f["p50"]} ms, one in a hundred ${f["p99"]} ms: slow`,
      remedy: "Use a card of class A2 or an SSD; look what else writes to this disk (iotop).",
    },
    diskDying: {
      found: (f) =>
        `a commit takes ${f["p50"]} ms, one in a hundred ${f["p99"]} ms: a disk that is dying, or overloaded`,
      remedy: "Run it again while nothing else writes; if it stays, replace the card before the weekend.",
    },
    volatile: {
      found: (f) => `${f["fileSystem"]} is gone after a restart: this says nothing about a store`,
      remedy: "Give --directory a directory on the disk or card of the store, or --config.",
    },
    clockSynced: { found: () => "the clock is synchronised" },
    clockNotSynced: {
      found: () => "the clock is not known to be synchronised",
      remedy: "timedatectl set-ntp true; records are re-dated afterwards.",
    },
    crashSurvived: {
      found: (f) =>
        `killed ${f["kills"]} times at random moments: ${f["records"]} acknowledged records, all there, chain whole`,
    },
    crashLost: {
      found: (f) => `after ${f["kills"]} kills: ${f["reason"]}`,
      remedy: "Do not sell with this: keep the output, check the disk (dmesg), report it.",
    },
    crashNoStart: {
      found: (f) => `the program that appends did not start: ${f["reason"]}`,
      remedy: "Run tillgate check, and read what it says of this directory.",
    },
    fullSurvived: {
      found: (f) =>
        `full (${f["how"]}): refused with ${f["code"]}, ${f["records"]} acknowledged records all there, and it went on when there was room`,
    },
    fullLost: {
      found: (f) => `full (${f["how"]}): ${f["reason"]}`,
      remedy: "Do not sell with this: keep the output, and report it.",
    },
    fullNotRecovered: {
      found: (f) => `full (${f["how"]}): nothing was recorded any more when there was room again`,
      remedy: "Keep the output, and report it.",
    },
    fullNotReached: {
      found: (f) => `the disk did not become full (${f["how"]})`,
      remedy: "Run it again; if it stays, report it.",
    },
    fullImpossible: {
      found: (f) => `neither a small file system nor a limit can be had here: ${f["reason"]}`,
      remedy: "Run it as root, or install util-linux.",
    },
    holeSurvived: {
      found: (f) =>
        `a line that swallows everything was noticed after ${f["noticedMs"]} ms, selling went on (slowest append ${f["slowestMs"]} ms), then ${f["records"]} records arrived once each (${f["broker"]})`,
    },
    holeUnnoticed: {
      found: () => "a line that swallows everything was not noticed in time",
      remedy: "Keep the output, and report it.",
    },
    holeBlocked: {
      found: (f) => `selling stood still for ${f["slowestMs"]} ms while the line was dead`,
      remedy: "Look at the disk above; if that is fast, report it.",
    },
    holeNotDelivered: {
      found: (f) => `${f["missing"]} records had not arrived when the line was back`,
      remedy: "Keep the output, and report it.",
    },
    holeDoubled: {
      found: (f) => `headquarters' books are wrong: ${f["reason"]}`,
      remedy: "Keep the output, and report it.",
    },
    tooLate: { found: () => "it did not end in time", remedy: "Run it again while nothing else runs on this machine." },
    broken: {
      found: (f) => `it could not be tried: ${f["reason"]}`,
      remedy: "Read the reason; tillgate check may say more.",
    },
  },
  stopped: "Stopped. Everything that it made is removed.",
  allGood: "All trials passed.",
  notGood: (failed) => `${failed} failed.`,
  todo: "do:",
};

const ZH: Words = {
  where: ({ directory, fileSystem }) => `正在测试 ${directory}：${fileSystem}。不超过一分钟。`,
  trials: { durability: "磁盘", crash: "崩溃", fullDisk: "磁盘写满", blackHole: "线路黑洞" },
  statuses: { pass: "通过", warn: "注意", fail: "失败", skipped: "跳过" },
  findings: {
    durable: { found: (f) => `每次提交都先落盘再确认（${f["journal"]}，synchronous=FULL）` },
    noWal: {
      found: () => "此处无法使用预写日志；每次提交仍先落盘，但较慢",
      remedy: "请在 store.directory 中填写 ext4 上的目录。",
    },
    notDurable: {
      found: (f) => `SQLite 未按要求设置：${f["journal"]}，synchronous=${f["synchronous"]}`,
      remedy: "请上报：断电可能丢失记录。",
    },
    diskFast: { found: (f) => `一次提交 ${f["p50"]} 毫秒，百分之一达到 ${f["p99"]} 毫秒` },
    diskSlow: {
      found: (f) => `一次提交 ${f["p50"]} 毫秒，百分之一达到 ${f["p99"]} 毫秒：偏慢`,
      remedy: "请使用 A2 级存储卡或固态硬盘；用 iotop 查看还有什么在写盘。",
    },
    diskDying: {
      found: (f) => `一次提交 ${f["p50"]} 毫秒，百分之一达到 ${f["p99"]} 毫秒：存储卡即将损坏或负载过高`,
      remedy: "请在无其他写入时再试一次；若仍如此，请在周末前更换存储卡。",
    },
    volatile: {
      found: (f) => `${f["fileSystem"]} 重启后内容消失：结果不能代表账本所在磁盘`,
      remedy: "请用 --directory 指定账本所在磁盘上的目录，或使用 --config。",
    },
    clockSynced: { found: () => "时钟已同步" },
    clockNotSynced: {
      found: () => "时钟是否同步未知",
      remedy: "执行 timedatectl set-ntp true；记录之后会重新标注时间。",
    },
    crashSurvived: {
      found: (f) => `随机强制终止 ${f["kills"]} 次：已确认的 ${f["records"]} 条记录全部存在，链完整`,
    },
    crashLost: {
      found: (f) => `强制终止 ${f["kills"]} 次后：${f["reason"]}`,
      remedy: "请勿用此设备收款：保留输出，检查磁盘（dmesg）并上报。",
    },
    crashNoStart: {
      found: (f) => `写入程序未能启动：${f["reason"]}`,
      remedy: "请运行 tillgate check，查看其对该目录的说明。",
    },
    fullSurvived: {
      found: (f) =>
        `写满（${f["how"]}）：以 ${f["code"]} 拒绝，已确认的 ${f["records"]} 条记录全部存在，有空间后继续记录`,
    },
    fullLost: {
      found: (f) => `写满（${f["how"]}）：${f["reason"]}`,
      remedy: "请勿用此设备收款：保留输出并上报。",
    },
    fullNotRecovered: {
      found: (f) => `写满（${f["how"]}）：有空间后仍不再记录`,
      remedy: "请保留输出并上报。",
    },
    fullNotReached: { found: (f) => `磁盘未能写满（${f["how"]}）`, remedy: "请再试一次；若仍如此，请上报。" },
    fullImpossible: {
      found: (f) => `此处既不能建立小文件系统，也不能设置限制：${f["reason"]}`,
      remedy: "请以 root 运行，或安装 util-linux。",
    },
    holeSurvived: {
      found: (f) =>
        `线路只收不答，${f["noticedMs"]} 毫秒后发现，期间照常收款（最慢写入 ${f["slowestMs"]} 毫秒），恢复后 ${f["records"]} 条记录各送达一次（${f["broker"]}）`,
    },
    holeUnnoticed: { found: () => "线路只收不答，未能按时发现", remedy: "请保留输出并上报。" },
    holeBlocked: {
      found: (f) => `线路中断期间收款停顿 ${f["slowestMs"]} 毫秒`,
      remedy: "请查看上面的磁盘结果；若磁盘正常，请上报。",
    },
    holeNotDelivered: {
      found: (f) => `线路恢复后仍有 ${f["missing"]} 条记录未送达`,
      remedy: "请保留输出并上报。",
    },
    holeDoubled: { found: (f) => `总部账面有误：${f["reason"]}`, remedy: "请保留输出并上报。" },
    tooLate: { found: () => "未能按时结束", remedy: "请在本机无其他任务时再试一次。" },
    broken: { found: (f) => `无法测试：${f["reason"]}`, remedy: "请查看原因；tillgate check 可能有更多说明。" },
  },
  stopped: "已停止，测试所建文件均已删除。",
  allGood: "全部通过。",
  notGood: (failed) => `${failed} 项失败。`,
  todo: "处理：",
};

export const WORDS: Readonly<Record<Language, Words>> = { en: EN, "zh-CN": ZH };
