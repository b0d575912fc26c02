import type { DiagnosisCause } from "../domain/diagnosis.ts";
import type { Words } from "../domain/words.ts";

export interface CauseText {
  /** What probably happened. */
  readonly reason: Words;
  /** What staff do now. */
  readonly advice: Words;
}

type Row = readonly [reason: string, advice: string, reasonZh: string, adviceZh: string];

/** For staff at the till. No text proposes another merchant's terminal, nor a smaller or split amount, nor to keep a card by force. */
// oxfmt-ignore
const ROWS: Readonly<Record<DiagnosisCause, Row>> = {
  "merchant.invalid": ["The acquirer does not accept this shop as a merchant at present.", "Do not repeat. Take payment another way, and call the acquirer's hotline with the merchant number.", "收单机构目前不接受本店商户号。", "不要重试。改用其他收款方式，并凭商户号致电收单机构热线。"],
  "merchant.cardTypeNotTaken": ["The acquirer does not take this sort of card in this shop.", "Ask for another card. Ask the acquirer whether this sort of card can be enabled.", "收单机构不受理本店的此类银行卡。", "请顾客换卡。向收单机构询问能否开通此类卡。"],
  "terminal.disabled": ["The acquirer has blocked this terminal, or does not know it.", "Use another terminal of this shop. Call the acquirer's hotline with the terminal number.", "收单机构停用了这台终端，或终端未登记。", "使用本店其他终端。凭终端号致电收单机构热线。"],
  "terminal.unsigned": ["The terminal is not signed in.", "Sign in at the terminal, then ask for the payment again.", "终端未签到。", "在终端上签到，然后重新收款。"],
  "terminal.signInRefused": ["The terminal tries to sign in and is refused each time.", "Use another terminal of this shop. Call the acquirer's hotline with the terminal number.", "终端多次签到均被拒绝。", "使用本店其他终端。凭终端号致电收单机构热线。"],
  "terminal.functionDisabled": ["This kind of transaction is not enabled on this terminal.", "Other kinds still work. Ask the acquirer to enable it.", "这台终端未开通此类交易。", "其他交易不受影响。请收单机构开通。"],
  "terminal.wrongParameters": ["This terminal alone is refused: its parameters seem wrong.", "Use another terminal of this shop. Have the parameters loaded anew.", "只有这台终端被拒：参数可能有误。", "使用本店其他终端。重新下载参数。"],
  "terminal.keys": ["The terminal's keys do not fit those of the acquirer.", "Sign in at the terminal. If it stays so, have its keys loaded anew.", "终端密钥与收单机构不一致。", "在终端上签到；若仍如此，请重新灌装密钥。"],
  "terminal.moved": ["Another device answers under this terminal's name, and the acquirer does not know it.", "Use another terminal of this shop. Tell the technician: the device was exchanged or moved.", "以该终端名义应答的是另一台设备，收单机构未登记。", "使用本店其他终端。告知技术人员：设备被更换或移动。"],
  "terminal.maintenance": ["The terminal wants an update before it goes on.", "Let it finish its update; use another terminal until then.", "终端需要先完成更新。", "等待更新完成；在此之前使用其他终端。"],
  "terminal.traceReset": ["The terminal counts its transactions anew, so that the host takes new ones for old.", "Check for each whether it was charged. Have the terminal settle and its counter corrected.", "终端流水号重置，主机把新交易当成旧交易。", "逐笔确认是否已扣款。让终端结算并校正流水号。"],
  "terminal.connection": ["Only this terminal loses its connection.", "Check its cable, its place in the Wi-Fi and its supply. Use another terminal until then.", "只有这台终端断连。", "检查其连线、无线信号和电源。在此之前使用其他终端。"],
  "terminal.lineDisturbed": ["The line to this terminal is disturbed.", "Lay its cable away from power cables and motors; use another terminal until then.", "通往这台终端的线路受干扰。", "让连线远离电源线和电机；在此之前使用其他终端。"],
  "hardware.terminal": ["The terminal itself has a fault.", "Switch it off and on once. Use another terminal if it comes back.", "终端自身故障。", "关机重启一次；若再次出现请换用其他终端。"],
  "hardware.printer": ["The terminal's printer has no paper, or is broken.", "Put in paper. The payment itself may have gone through: look before you repeat it.", "终端打印机缺纸或故障。", "装入打印纸。交易可能已成功：重试前先查询。"],
  "hardware.reader": ["The terminal cannot read cards any more.", "Clean the reader. Use another terminal of this shop.", "终端无法读卡。", "清洁读卡口。使用本店其他终端。"],
  "hardware.power": ["The supply was lost or too weak while the payment was under way.", "Look whether the payment was charged before you repeat it. Have the supply checked.", "交易进行时断电或供电不足。", "重试前先确认是否已扣款。请检查供电。"],
  "box.restarted": ["The gateway was restarted while the payment was under way.", "Look whether the payment was charged before you repeat it.", "交易进行时网关重启。", "重试前先确认是否已扣款。"],
  "line.down": ["The shop's line is down or loses too much.", "Take payment another way until the line is well. See the line's page for what to do.", "店内线路中断或丢包严重。", "线路恢复前改用其他收款方式。处理方法见线路页面。"],
  "line.disturbed": ["The shop's line is disturbed from outside.", "Take payment another way until it is well. Switch off what was switched on last nearby.", "店内线路受到外来干扰。", "恢复前改用其他收款方式。关闭附近最近开启的设备。"],
  "line.answerLost": ["The host answered, and the answer was lost on the way.", "Do not repeat: it may have been charged. Look at the payment's state first.", "主机已应答，但应答在途中丢失。", "不要重试：可能已扣款。先查询交易状态。"],
  "line.repetition": ["This repeats a payment of which no answer came: the first one may have been charged.", "Look whether the first one was charged. If both were, void one of them.", "这是对无应答交易的重复：第一笔可能已扣款。", "确认第一笔是否已扣款；若两笔都成功，撤销其中一笔。"],
  "host.outage": ["The acquirer's host does not work at present.", "Take payment another way. Call the hotline if it lasts.", "收单机构主机目前不可用。", "改用其他收款方式；若持续请致电热线。"],
  "host.slow": ["The acquirer's host answers too slowly.", "Let a payment run to its end and do not repeat it before its result is known.", "收单机构主机应答过慢。", "等待交易完成，结果明确之前不要重试。"],
  "host.dayCut": ["The network changes its business day.", "Wait some minutes and ask again.", "银行网络正在日切。", "等待几分钟后重试。"],
  "host.keys": ["The acquirer's host refuses the keys of several terminals.", "Call the acquirer's hotline: it is not one terminal.", "收单机构主机拒绝多台终端的密钥。", "致电收单机构热线：不是单台终端的问题。"],
  "host.formatChanged": ["The acquirer's host does not understand several terminals.", "Call the acquirer's hotline: it is not one terminal.", "收单机构主机无法识别多台终端的报文。", "致电收单机构热线：不是单台终端的问题。"],
  "issuer.unavailable": ["The bank of this card cannot be reached.", "Ask for a card of another bank, or try later.", "该卡的发卡行无法连通。", "请顾客换其他银行的卡，或稍后再试。"],
  "issuer.declined": ["The bank declined without saying why.", "Ask for another card. The customer can ask the bank.", "发卡行拒绝，未说明原因。", "请顾客换卡。顾客可咨询发卡行。"],
  "card.insufficientFunds": ["The account does not cover this amount.", "Ask for another card.", "账户余额不足。", "请顾客换卡。"],
  "card.expired": ["The card has expired.", "Ask for another card.", "卡片已过期。", "请顾客换卡。"],
  "card.invalidNumber": ["The bank does not know this card number.", "Ask for another card.", "发卡行无此卡号。", "请顾客换卡。"],
  "card.restricted": ["The card may not be used for this.", "Ask for another card.", "该卡使用受限。", "请顾客换卡。"],
  "card.keep": ["The bank wants the card checked.", "Ask politely for another way to pay, and call the acquirer's hotline. Do not argue, and do not hold anything back.", "发卡行要求核实该卡。", "请礼貌地请顾客换其他付款方式，并致电收单机构热线。不要争执。"],
  "card.notPermitted": ["The bank does not allow this kind of payment with this card.", "Ask for another card.", "发卡行不允许该卡进行此类交易。", "请顾客换卡。"],
  "card.notSupported": ["This sort of card is not supported here.", "Ask for another card.", "此处不支持此类卡。", "请顾客换卡。"],
  "card.unreadable": ["The card could not be read well.", "Wipe the chip and insert it again, or ask for another card.", "卡片读取不良。", "擦拭芯片后重新插卡，或请顾客换卡。"],
  "card.stepUp": ["The bank wants the chip and the PIN this time.", "Insert the card and let the customer enter the PIN.", "发卡行此次要求插卡并输入密码。", "请插卡，由顾客输入密码。"],
  "customer.wrongPin": ["The PIN was wrong.", "Let the customer try once more, unhurried; then ask for another card.", "密码错误。", "请顾客从容地再试一次；仍不对则换卡。"],
  "customer.retry": ["The same card was tried again and again without cover.", "Do not try it again. Ask for another card.", "同一张卡余额不足却反复尝试。", "不要再试。请顾客换卡。"],
  "limit.amount": ["The card's limit for amounts is reached.", "Ask for another card, or try tomorrow.", "超出该卡的金额限额。", "请顾客换卡，或明日再试。"],
  "limit.count": ["The card's limit for the number of payments is reached.", "Ask for another card, or try tomorrow.", "超出该卡的交易次数限制。", "请顾客换卡，或明日再试。"],
  "limit.pinTries": ["The PIN was wrong too often: the bank has locked it.", "Ask for another card. The customer can ask the bank to unlock it.", "密码输入错误次数过多，已被锁定。", "请顾客换卡。顾客可联系发卡行解锁。"],
  "security.refused": ["The bank refused for its own safety rules.", "Ask for another way to pay. The customer can ask the bank.", "发卡行因安全规则拒绝。", "请顾客换其他付款方式。顾客可咨询发卡行。"],
  "operator.wrongEntry": ["An entry was wrong: the amount, or the card number that was keyed.", "Check the entry and ask again.", "录入有误：金额或手输卡号。", "核对后重新操作。"],
  "operator.wrongOriginal": ["The original that this refers to was not found, or is done already.", "Compare with the slip: date, number, amount. Look whether it was voided before.", "找不到所引用的原交易，或其已处理。", "与签购单核对日期、凭证号和金额；查看是否已撤销。"],
  "operator.voidAfterSettlement": ["The batch of the original is settled: it cannot be voided any more.", "Make a refund instead.", "原交易批次已结算，不能再撤销。", "请改做退货。"],
  "operator.voidElsewhere": ["A void must be made on the terminal that sold.", "Make it on the terminal named in the evidence.", "撤销须在原收款终端上进行。", "请在证据中所列的终端上操作。"],
  "operator.chipNotUsed": ["The card has a chip, and the stripe was used.", "Insert the card.", "该卡有芯片，但刷了磁条。", "请插卡。"],
  "operator.aborted": ["The payment was stopped at the terminal, or nobody went on.", "Ask again when customer and terminal are ready.", "交易在终端上被取消或超时未操作。", "顾客和终端就绪后重新收款。"],
  "duplicate.charge": ["The same card was charged the same amount twice within minutes.", "Ask whether both are meant. If not, void one of them.", "同一张卡几分钟内被扣同一金额两次。", "确认两笔是否都是本意；若不是，撤销其中一笔。"],
  "duplicate.answer": ["The host answered this payment twice.", "It counts once. The technician can see both answers in the ledger.", "主机对该交易应答了两次。", "只计一次。技术人员可在账本中查看两次应答。"],
  "data.terminalClock": ["Good cards count as expired: the terminal's date seems wrong.", "Check the terminal's date. Use another terminal until then.", "正常的卡被判为过期：终端日期可能有误。", "检查终端日期；在此之前使用其他终端。"],
  "data.amount": ["The amounts that this terminal sends are refused again and again.", "Compare the till's amounts with the terminal's. Call the technician.", "这台终端送出的金额反复被拒。", "核对收银机与终端的金额。联系技术人员。"],
  "data.format": ["The host cannot read what this terminal sends.", "Have the terminal's software and parameters checked.", "主机无法识别这台终端的报文。", "请检查终端软件和参数。"],
  "settlement.due": ["The terminal wants its end of day first.", "Settle the terminal, then ask again.", "终端需要先结算。", "先在终端上结算，然后重新收款。"],
  "settlement.notBalanced": ["The sums of terminal and host do not agree.", "Do not delete the batch. Let the terminal upload it, and compare with the ledger.", "终端与主机的账目不平。", "不要清除批次。让终端上送明细，并与账本核对。"],
  "reversal.abandoned": ["The terminal gave up taking this payment back: the customer may have been charged.", "Keep the slip. Call the acquirer's hotline with number, time and amount.", "终端放弃了冲正：顾客可能已被扣款。", "保留签购单。凭凭证号、时间和金额致电收单机构热线。"],
  "preauth.missingCard": ["The hold, or what refers to it, carries no card number.", "Make it again with the card on the terminal. Never write a card number down.", "预授权或其关联交易没有卡号。", "请在终端上用卡重做。切勿抄写卡号。"],
  "preauth.missingAuthCode": ["What refers to the hold lacks the hold's numbers.", "Enter authorisation code, date and number from the hold's slip.", "关联交易缺少预授权的要素。", "按预授权签购单输入授权码、日期和凭证号。"],
  "preauth.originalNotFound": ["The hold that this refers to was not found.", "Compare authorisation code, date and number with the hold's slip.", "找不到所引用的预授权。", "与预授权签购单核对授权码、日期和凭证号。"],
  "preauth.alreadyDone": ["This hold was completed or cancelled before.", "Look at the earlier one. What is still owed needs a new sale.", "该预授权已完成或已撤销。", "查看之前的那笔。尚欠款项须做新的消费。"],
  "preauth.tooOld": ["This hold is too old to be completed.", "Ask for a new payment with the card.", "该预授权已超过有效期。", "请用卡重新收款。"],
  "preauth.overRatio": ["The completion is more than the acquirer allows on this hold.", "Cancel the hold and make a sale of the whole amount.", "完成金额超出该预授权允许的比例。", "撤销预授权，按全额做一笔消费。"],
  "approved.partly": ["Only a part of the amount was approved.", "Collect what is missing another way, or void the part.", "只批准了部分金额。", "差额用其他方式收取，或撤销该部分。"],
  "approved.flagged": ["It was approved with a remark: a later step may differ.", "Hand over the goods. Check this payment at settlement.", "已批准但带有标记：后续处理可能不同。", "可以交货。结算时核对该笔交易。"],
  "refused.byTillgate": ["The gateway did not let this go out: see the reason.", "Use another terminal of this shop, or end the pause.", "tillgate 未放行该交易：见原因。", "使用本店其他终端，或解除暂停。"],
  unknown: ["Nothing speaks clearly for one cause.", "Look whether it was charged before you repeat it. Try another card, then another terminal: that tells them apart.", "没有明确的原因。", "重试前先确认是否已扣款。先换卡再换终端，即可区分原因。"],
};

/** In both languages. */
export function causeText(cause: DiagnosisCause): CauseText {
  const [reason, advice, reasonZh, adviceZh] = ROWS[cause];
  return { reason: { en: reason, zh: reasonZh }, advice: { en: advice, zh: adviceZh } };
}
