import type { CodeLayer, RetryPolicy } from "../../domain/code-words.ts";
import type { Words } from "../../domain/words.ts";
import type { CodeAdvice } from "./code-entry.ts";

/** What staff do, by what may be done: it can be read aloud before the customer. */
// oxfmt-ignore
const STAFF: Readonly<Record<RetryPolicy, Words>> = {
  ok: { en: "Done. Hand over the slip.", zh: "交易成功，请交付签购单。" },
  retryNow: { en: "Try once more now.", zh: "请立即重试一次。" },
  retryLater: { en: "Wait a few minutes and try once more, or take another way to pay.", zh: "请稍等几分钟后重试一次，或改用其他付款方式。" },
  fixThenRetry: { en: "Check what was entered, put it right, then try once more.", zh: "请核对输入内容，更正后重试一次。" },
  otherCard: { en: "Ask for another card or another way to pay. The customer can ask the bank of the card.", zh: "请换卡或改用其他付款方式。顾客可咨询发卡银行。" },
  noRetry: { en: "Do not try this again. Ask for another card or another way to pay.", zh: "请勿重试。请换卡或改用其他付款方式。" },
  reSignIn: { en: "Sign the terminal in again, then try once more. Until then use another terminal of this merchant.", zh: "请重新签到后再试一次。在此之前请用本商户的另一台终端。" },
  escalateAcquirer: { en: "Do not repeat it. Use another terminal of this merchant or another way to pay, and call the technician.", zh: "请勿重复操作。请用本商户的另一台终端或改用其他付款方式，并联系技术员。" },
  keepCard: { en: "The card's bank does not accept this card. Ask politely for another way to pay. Stay safe: give the card back when the customer asks for it, and tell your manager afterwards.", zh: "发卡银行不接受此卡。请礼貌地请顾客改用其他付款方式。安全第一：顾客要回卡片时请交还，事后告知店长。" },
  checkBeforeRetry: { en: "Do not charge again yet. First look in the terminal's list and at the till whether it went through.", zh: "请先不要再次收款。先在终端流水和收银机上核对该笔是否已成功。" },
};

/** What the technician looks at, by where the cause lies. */
// oxfmt-ignore
const TECHNICIAN: Readonly<Record<CodeLayer, Words>> = {
  none: { en: "Nothing to do.", zh: "无需处理。" },
  merchant: { en: "Compare merchant and terminal number on the slip with the acquirer's papers. Do not change cables or terminals: the acquirer must release the merchant.", zh: "核对签购单上的商户号和终端号与收单机构资料是否一致。不要更换线缆或终端：需由收单机构恢复商户。" },
  terminal: { en: "Read terminal number and parameters from the terminal. Download its parameters, sign it in, then note which kinds of transaction fail.", zh: "读取终端号和参数。重新下载参数并签到，再逐类试验哪些交易失败。" },
  card: { en: "Nothing to repair when only one card fails. When several cards fail, clean the reader and try chip, contactless and stripe.", zh: "只有一张卡失败时无需维修。多张卡失败时，请清洁读卡器，并分别试插卡、挥卡和刷卡。" },
  limit: { en: "Nothing to repair: the issuer's limit, not the terminal's.", zh: "无需维修：这是发卡行限制，不是终端问题。" },
  issuer: { en: "Nothing to repair when only one bank's cards fail. When every card of three banks fails, read the playbook for an invalid merchant.", zh: "只有一家银行的卡失败时无需维修。三家以上银行的卡全部失败时，请按“无效商户”手册处理。" },
  network: { en: "Look at THE LINE in tillgate status: where it is broken, mend that. When the line is well, the host is down: wait, do not change parts.", zh: "查看 tillgate status 的线路一行：哪段断开就修哪段。线路正常则为主机故障：请等待，不要更换部件。" },
  security: { en: "Sign in again. When it comes back, the keys are wrong: have the acquirer load them anew; look for signs that the terminal was opened.", zh: "请重新签到。若仍出现则密钥有误：请收单机构重新灌装；并检查终端是否有拆动痕迹。" },
  operator: { en: "Compare the entry with the slip: amount, card, authorisation code, date, batch and trace number. Train whoever does it often.", zh: "将输入内容与签购单核对：金额、卡、授权码、日期、批次号和流水号。对经常出错的员工进行培训。" },
  settlement: { en: "Compare the terminal's list, the till and tillgate's journal batch by batch before anything is settled again.", zh: "再次结算前，逐批核对终端流水、收银机和 tillgate 日志。" },
  format: { en: "Check software version and parameters of the terminal, and update them. Keep the code and the host's text for the acquirer.", zh: "检查终端软件版本和参数并更新。保留代码和主机文字交收单机构。" },
  unknown: { en: "Do not guess. Give the acquirer's hotline code, text, terminal number and time.", zh: "不要猜测。将代码、文字、终端号和时间告知收单机构热线。" },
};

/** What headquarters does, by where the cause lies. */
// oxfmt-ignore
const HQ: Readonly<Record<CodeLayer, Words>> = {
  none: { en: "Nothing to do.", zh: "无需处理。" },
  merchant: { en: "Call the acquirer with the merchant number. Ask for its standing, what is missing and when it is valid again.", zh: "凭商户号联系收单机构，询问商户状态、缺少的资料和恢复时间。" },
  terminal: { en: "Ask the acquirer whether this terminal is registered and active, and for which kinds of transaction. Have it released or replaced.", zh: "询问收单机构该终端是否登记并启用、开通哪些交易。请其恢复或更换。" },
  card: { en: "Nothing to do for one card. Look when the share of such answers rises at one terminal.", zh: "单张卡无需处理。某终端此类应答占比上升时再查看。" },
  limit: { en: "Nothing to do for one card. See whether one terminal repeats it.", zh: "单张卡无需处理。查看是否有终端反复出现。" },
  issuer: { en: "Compare banks and shops. When all cards fail at one merchant, ask the acquirer about that merchant.", zh: "比较各银行和各门店。某商户全部卡失败时，向收单机构查询该商户。" },
  network: { en: "See whether several shops are affected. Then call the acquirer, not the shops.", zh: "查看是否多家门店受影响。若是，联系收单机构，而不是门店。" },
  security: { en: "Ask the acquirer for new keys, and why. Keep the record as evidence.", zh: "请收单机构重新下发密钥并说明原因。保留记录作为证据。" },
  operator: { en: "Count such answers by operator and send the training card.", zh: "按操作员统计此类应答，发送培训卡。" },
  settlement: { en: "Compare the batch with the acquirer's statement, and tell the shop the result.", zh: "将该批次与收单机构对账单核对，并把结果告知门店。" },
  format: { en: "Ask the acquirer which field it refuses, and plan the update for all terminals of this version.", zh: "询问收单机构拒绝的是哪个字段，并为该版本的所有终端安排更新。" },
  unknown: { en: "Ask the acquirer what the code means, and write it into acquirers[].codes.", zh: "向收单机构询问该代码含义，并写入配置 acquirers[].codes。" },
};

/** Where layer and policy together ask for more than the policy alone. */
// oxfmt-ignore
const STAFF_OF_LAYER: Readonly<Record<string, Words>> = {
  "limit/retryLater": { en: "Not today with this card. Ask for another card or another way to pay.", zh: "此卡今日不可再用。请换卡或改用其他付款方式。" },
  "limit/noRetry": { en: "Do not enter the PIN again. The customer should call the bank of the card. Ask for another card or another way to pay.", zh: "请勿再次输入密码。请顾客联系发卡银行。请换卡或改用其他付款方式。" },
  "none/checkBeforeRetry": { en: "Done. Hand over the slip, and ask before you void, refund or complete it.", zh: "交易成功，请交付签购单；撤销、退货或预授权完成前请先询问。" },
};

/** Codes for which the general words would leave out what matters. */
// oxfmt-ignore
const OF_CODE: Readonly<Record<string, Partial<CodeAdvice>>> = {
  "10": { staff: { en: "Only the amount on the slip is paid. Tell the customer, and agree on how the rest is paid.", zh: "仅签购单上的金额已付。请告知顾客，并商定余款的付款方式。" } },
  "14": { staff: { en: "Check the card number. Use the chip, or ask for another card. For a completion take number, authorisation code and date from the slip of the hold.", zh: "请核对卡号。请插卡或换卡。预授权完成时，请按预授权签购单核对卡号、授权码和日期。" } },
  "22": { staff: { en: "Do not repeat it. See on the slip whether the hold was already completed, voided or is too old.", zh: "请勿重复操作。请查看签购单，该预授权是否已完成、已撤销或已过期。" } },
  "25": { staff: { en: "Take card, authorisation code, date, batch and trace number from the original slip. A void goes only on the same day.", zh: "请按原签购单核对卡号、授权码、日期、批次号和流水号。撤销仅限当日。" } },
  "45": { staff: { en: "Insert the chip, do not swipe.", zh: "请插入芯片，不要刷磁条。" } },
  "54": { staff: { en: "The card has expired. Ask for another card or another way to pay.", zh: "卡已过期。请换卡或改用其他付款方式。" } },
  "55": { staff: { en: "Ask the customer to enter the PIN once more, slowly. Stop after the second time: the card would be locked.", zh: "请顾客慢慢地再输入一次密码。两次错误后请停止，否则卡会被锁定。" } },
  "57": { hq: { en: "Nothing to do for one card. When many cards answer so at one merchant, ask the acquirer which card types are open there.", zh: "单张卡无需处理。某商户多张卡均如此应答时，询问收单机构该商户开通了哪些卡种。" } },
  "64": { staff: { en: "Enter exactly the amount that the original slip and the acquirer's rules allow.", zh: "请严格按原签购单和收单机构规则允许的金额输入。" } },
  "90": { staff: { en: "The day is being closed, about 23:00. Try once more in 20 minutes, or take another way to pay.", zh: "正在日切（约23:00）。请20分钟后重试一次，或改用其他付款方式。" } },
  "94": { technician: { en: "See whether the first one succeeded. When it comes back, the terminal reuses trace numbers: set its counter beyond the last one.", zh: "先查第一笔是否成功。若反复出现，说明终端流水号重复：请将计数器调到最后一笔之后。" } },
};

export function adviceOn(code: string, layer: CodeLayer, retry: RetryPolicy): CodeAdvice {
  return { ...adviceFor(layer, retry), ...OF_CODE[code] };
}

/** By layer and policy alone: for codes whose own words do not apply. */
export function adviceFor(layer: CodeLayer, retry: RetryPolicy): CodeAdvice {
  return {
    staff: STAFF_OF_LAYER[`${layer}/${retry}`] ?? STAFF[retry],
    technician: TECHNICIAN[layer],
    hq: HQ[layer],
  };
}
