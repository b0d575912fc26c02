import { assertNever } from "../../domain/assert-never.ts";
import type { Words } from "../../domain/words.ts";
import type { CertificateTrouble } from "./certificate-sight.ts";

export const RENEW: Words = {
  en: "Have it renewed before it ends; tillgate takes a new file by itself, within a minute.",
  zh: "请在到期前更新；新文件一分钟内会自动生效。",
};
export const RENEW_NOW: Words = {
  en: "Have it renewed today: when it ends, connections are refused. tillgate takes a new file by itself, within a minute.",
  zh: "请今天就更新：到期后连接会被拒绝。新文件一分钟内会自动生效。",
};
export const TELL_ITS_OWNER: Words = {
  en: "It is the other side's: tell whoever runs that host how many days are left.",
  zh: "这是对方的证书：请把剩余天数告知该主机的管理方。",
};
export const MEND_THE_CLOCK: Words = {
  en: "Mend the clock first, see clock: the certificate may well be good.",
  zh: "请先校准时钟（见 clock）：证书可能没有问题。",
};
export const CLOCK_NOT_BELIEVED: Words = {
  en: "this machine's clock is not believed: how many days are left cannot be told",
  zh: "本机时钟不可信：无法判断剩余天数",
};
export const CLOCK_NOT_CERTIFICATE: Words = {
  en: "it was taken for one outside its time, but this machine's clock is not believed",
  zh: "证书被判定为不在有效期内，但本机时钟不可信",
};

export interface TroubleText {
  readonly reason: Words;
  readonly advice: Words;
}

export function troubleText(trouble: CertificateTrouble, place: string): TroubleText {
  switch (trouble.kind) {
    case "unreadable":
      return {
        reason: { en: `the file cannot be read: ${trouble.found}`, zh: `文件无法读取：${trouble.found}` },
        advice: {
          en: `Make ${place} exist and readable for the daemon; the next start fails without it.`,
          zh: `请确保 ${place} 存在且守护进程可读；否则下次启动会失败。`,
        },
      };
    case "notPem":
      return {
        reason: { en: "the file holds no certificate in PEM form", zh: "文件中没有 PEM 格式的证书" },
        advice: {
          en: `Put a file with BEGIN CERTIFICATE lines at ${place}.`,
          zh: `请在 ${place} 放置含有 BEGIN CERTIFICATE 行的文件。`,
        },
      };
    case "otherKey":
      return {
        reason: { en: "the private key belongs to another certificate", zh: "私钥属于另一张证书" },
        advice: {
          en: `Put certificate (${place}) and key of one pair there. A key that is a systemd credential is read at the start only: restart tillgate after a renewal.`,
          zh: `请放置成对的证书（${place}）和私钥。作为 systemd 凭据的私钥只在启动时读取：更新后请重启 tillgate。`,
        },
      };
    case "refused":
      return trouble.code === "CERT_NOT_YET_VALID"
        ? {
            reason: { en: "it is not valid yet: the connection was refused", zh: "证书尚未生效：连接被拒绝" },
            advice: TELL_ITS_OWNER,
          }
        : {
            reason: { en: "it has expired: the connection was refused", zh: "证书已过期：连接被拒绝" },
            advice: TELL_ITS_OWNER,
          };
    default:
      return assertNever(trouble);
  }
}
