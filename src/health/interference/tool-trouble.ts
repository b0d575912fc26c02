import { assertNever } from "../../domain/assert-never.ts";
import type { Words } from "../../domain/words.ts";
import type { ToolAnswer } from "../../runtime/run-tool.ts";

/** Why a tool said nothing, and what to do about it. */
export function toolTrouble(tool: string, { because, stderr }: Extract<ToolAnswer, { readonly ok: false }>): Words {
  switch (because) {
    case "missing":
      return {
        en: `Not read: ${tool} is not installed on this machine, or may not be run. Install it.`,
        zh: `未读取：本机未安装 ${tool}，或不允许运行。请安装。`,
      };
    case "timeout":
      return { en: `Not read: ${tool} did not end in time.`, zh: `未读取：${tool} 未在限时内结束。` };
    case "failed":
    case "aborted": {
      const said = stderr.trim().split("\n")[0] ?? "";
      return { en: `Not read: ${tool} failed: ${said}`, zh: `未读取：${tool} 失败：${said}` };
    }
    default:
      return assertNever(because);
  }
}
