import type { StageFault } from "../../domain/stage.ts";
import type { Words } from "../../domain/words.ts";

export interface FaultText {
  /** What is so. */
  readonly reason: Words;
  /** What to do first. */
  readonly advice: Words;
}

type Row = readonly [reason: string, advice: string, reasonZh: string, adviceZh: string];

/** For a technician at eight in the evening on a Saturday: what is so, and the first thing to try. */
// oxfmt-ignore
const ROWS: Readonly<Record<StageFault, Row>> = {
  "box.stalled": ["This machine does not keep up: it answers late.", "Look at processor and memory under `machine`; restart tillgate when no sale is under way.", "本机跟不上：响应迟缓。", "查看“machine”下的处理器和内存；在没有交易进行时重启 tillgate。"],
  "box.clockWrong": ["This machine's clock is wrong, so that it takes good certificates for bad.", "Let it reach a time server, or set the clock by hand; the line itself is not at fault.", "本机时钟不对，因此把有效证书当成无效。", "让本机能连到时间服务器，或手动校时；线路本身没有问题。"],
  "box.underVoltage": ["This machine's supply is too weak.", "Use the supply that belongs to it, and a short cable; take other devices off its USB ports.", "本机供电不足。", "使用原装电源和短电源线；拔掉其 USB 口上的其他设备。"],
  "interface.down": ["This machine's network cable or Wi-Fi is off.", "Check the cable at both ends, and that the router or switch has power.", "本机的网线或 Wi-Fi 已断开。", "检查网线两端，确认路由器或交换机已通电。"],
  "interface.flapping": ["This machine's network connection comes and goes.", "Replace the cable; try another port of the router or switch.", "本机的网络连接时断时续。", "更换网线；换用路由器或交换机的另一个端口。"],
  "interface.noAddress": ["This machine has no network address.", "Restart the shop's router; check that it gives out addresses (DHCP).", "本机没有网络地址。", "重启店内路由器；检查其是否分配地址（DHCP）。"],
  "terminals.unreachable": ["No terminal in the shop can be reached.", "Check the power and the cables of the terminals, and the switch or access point they share.", "店内所有终端都无法连接。", "检查终端的电源和连线，以及它们共用的交换机或接入点。"],
  "terminals.oneUnreachable": ["One terminal cannot be reached; the others can.", "Check that terminal's power and cable. Use another terminal until then.", "有一台终端无法连接，其他终端正常。", "检查该终端的电源和连线；在此之前使用其他终端。"],
  "terminals.hub": ["Several terminals were lost at the same moment.", "They share a hub, an adapter or a supply: check that first.", "多台终端在同一时刻掉线。", "它们共用集线器、适配器或电源：先检查该设备。"],
  "router.noRoute": ["This machine knows no way out of the shop.", "Restart the shop's router; check this machine's gateway setting.", "本机没有通往店外的路由。", "重启店内路由器；检查本机的网关设置。"],
  "router.silent": ["The shop's router does not answer.", "Check that the router has power, switch it off and on once, and wait two minutes.", "店内路由器没有应答。", "确认路由器已通电，关开一次，等待两分钟。"],
  "router.lossy": ["Packets are lost between this machine and the shop's router.", "With a cable: replace it. With Wi-Fi: see the channel's own verdict, or use a cable.", "本机与店内路由器之间丢包。", "有线：更换网线。Wi-Fi：查看该信道的判断，或改用网线。"],
  "router.slow": ["The shop's router answers slowly.", "Somebody may be loading the shop's network: stop downloads and cameras' uploads; restart the router.", "店内路由器应答缓慢。", "可能有设备占用店内网络：停止下载和摄像头上传；重启路由器。"],
  "provider.unreachable": ["The router answers, the internet does not.", "Look at the modem's lamps and call the internet provider. Use the backup line where there is one.", "路由器正常，但互联网不通。", "查看光猫指示灯并致电网络运营商；如有备用线路请启用。"],
  "provider.lossy": ["The internet line loses packets.", "Restart the modem once; if it goes on, call the provider and tell them the loss shown here.", "互联网线路丢包。", "重启光猫一次；若仍丢包，致电运营商并告知此处显示的丢包率。"],
  "provider.slow": ["The internet line is slow.", "Stop what else uses the line; if it stays slow, call the provider and tell them the times shown here.", "互联网线路缓慢。", "停止其他占用线路的应用；若仍缓慢，致电运营商并告知此处显示的时延。"],
  "provider.bufferbloat": ["The line is full by what this machine sends and fetches: answers take long meanwhile. Nothing is broken.", "Let large transfers run when the shop is closed; limit uploads and backups, or switch on queue management (SQM, fq_codel) in the router.", "线路被本机的收发流量占满：期间应答缓慢。没有故障。", "大文件传输安排在打烊后；限制上传和备份，或在路由器上启用队列管理（SQM、fq_codel）。"],
  "dns.timeout": ["The name server does not answer.", "Restart the router, or enter another name server in it.", "域名服务器没有应答。", "重启路由器，或在其中设置其他域名服务器。"],
  "dns.refused": ["The name server refuses to answer.", "Enter another name server in the router.", "域名服务器拒绝应答。", "在路由器中设置其他域名服务器。"],
  "dns.noName": ["The name server does not know headquarters' name.", "Compare uplink.url with what headquarters gave you; ask headquarters whether the name still holds.", "域名服务器查不到总部的域名。", "核对 uplink.url 与总部提供的地址；询问总部该域名是否仍有效。"],
  "dns.serverFailure": ["The name server reports a failure of its own.", "Wait some minutes; if it stays so, enter another name server in the router.", "域名服务器自身报错。", "等待几分钟；若仍如此，在路由器中设置其他域名服务器。"],
  "dns.slow": ["The name server answers slowly.", "Enter another name server in the router.", "域名服务器应答缓慢。", "在路由器中设置其他域名服务器。"],
  "portal.captive": ["A sign-in page stands between the shop and the internet.", "Open any web page on a phone in this network and sign in, or ask who runs the network to let this machine through.", "店内网络被登录页面拦截。", "用手机连接该网络打开任意网页并登录，或请网络管理方放行本机。"],
  "hq.unreachable": ["The internet works, headquarters does not answer.", "Nothing to do in the shop: selling goes on and records are kept. Tell headquarters.", "互联网正常，但总部没有应答。", "店内无需操作：可继续销售，记录会保留。请通知总部。"],
  "hq.refused": ["Headquarters' machine answers, its broker does not run.", "Nothing to do in the shop: selling goes on and records are kept. Tell headquarters that the broker is down.", "总部主机有应答，但其消息服务未运行。", "店内无需操作：可继续销售，记录会保留。请通知总部消息服务已停。"],
  "hq.noRoute": ["Some router on the way says that there is no way to headquarters.", "Check a VPN or firewall in the shop's router; then tell headquarters.", "途中的路由器表示无法到达总部。", "检查店内路由器的 VPN 或防火墙；然后通知总部。"],
  "hq.lossy": ["Packets to headquarters are lost on the way.", "Nothing to do in the shop as long as sales go through; tell headquarters if it lasts.", "通往总部的途中丢包。", "只要交易正常，店内无需操作；若持续请通知总部。"],
  "hq.slow": ["Headquarters answers slowly.", "Nothing to do in the shop: records wait and are kept.", "总部应答缓慢。", "店内无需操作：记录会排队并保留。"],
  "hq.tlsFailed": ["No secure connection to headquarters can be made.", "Check uplink.tls in the config; ask headquarters whether its certificate was changed.", "无法与总部建立安全连接。", "检查配置中的 uplink.tls；询问总部是否更换了证书。"],
  "hq.tlsIntercepted": ["Somebody else answers in headquarters' place: its certificate is not the one expected.", "Look for a sign-in page, a filter or a proxy in the shop's network; else check uplink.tls.ca.", "有其他设备冒充总部应答：证书不是预期的证书。", "检查店内网络是否有登录页面、过滤或代理；否则检查 uplink.tls.ca。"],
  "hq.certificateExpired": ["Headquarters' certificate has expired.", "Check this machine's date first; if it is right, tell headquarters.", "总部的证书已过期。", "先检查本机日期；若日期正确，通知总部。"],
  "hq.certificateNotYetValid": ["Headquarters' certificate is not valid yet.", "Check this machine's date first; if it is right, tell headquarters.", "总部的证书尚未生效。", "先检查本机日期；若日期正确，通知总部。"],
  "hq.notAuthorised": ["Headquarters' broker does not accept this gateway's name or password.", "Check uplink.username, uplink.password and the client certificate; ask headquarters whether the account was blocked.", "总部消息服务不接受本网关的用户名或密码。", "检查 uplink.username、uplink.password 和客户端证书；询问总部账号是否被停用。"],
  "hq.brokerSilent": ["Headquarters' broker takes the connection and says nothing.", "Nothing to do in the shop: selling goes on and records are kept. Tell headquarters that the broker hangs.", "总部消息服务接受连接但没有应答。", "店内无需操作：可继续销售，记录会保留。请通知总部消息服务无响应。"],
  "hq.brokerRefuses": ["Headquarters' broker refuses the connection.", "Nothing to do in the shop: selling goes on and records are kept. Tell headquarters.", "总部消息服务拒绝连接。", "店内无需操作：可继续销售，记录会保留。请通知总部。"],
  "acquirer.unreachable": ["The internet works, the acquirer's host does not answer.", "Call the acquirer's hotline. Take payment another way until then.", "互联网正常，但收单机构主机没有应答。", "致电收单机构热线；在此之前使用其他收款方式。"],
  "acquirer.refused": ["The acquirer's host refuses connections.", "Call the acquirer's hotline. Take payment another way until then.", "收单机构主机拒绝连接。", "致电收单机构热线；在此之前使用其他收款方式。"],
  "acquirer.silent": ["The acquirer's host takes requests and answers none.", "Do not repeat a payment before its result is known. Call the acquirer's hotline.", "收单机构主机接收请求但不应答。", "在结果明确之前不要重复收款。致电收单机构热线。"],
  "acquirer.lossy": ["Packets to the acquirer's host are lost on the way.", "Let a payment run to its end; do not repeat it. If other stages are well, tell the acquirer's hotline the loss shown here.", "通往收单机构主机的途中丢包。", "等待交易完成，不要重复收款；若其他各段正常，请将此处显示的丢包率告知收单机构热线。"],
  "acquirer.slow": ["The acquirer's host answers slowly.", "Let a payment run to its end; do not repeat it. Call the hotline if it lasts.", "收单机构主机应答缓慢。", "等待交易完成，不要重复收款；若持续请致电热线。"],
};

export function faultText(fault: StageFault): FaultText {
  const [reason, advice, reasonZh, adviceZh] = ROWS[fault];
  return { reason: { en: reason, zh: reasonZh }, advice: { en: advice, zh: adviceZh } };
}

export const ALL_WELL: FaultText = {
  reason: { en: "Every stage that was looked at works.", zh: "已检查的各段均正常。" },
  advice: { en: "Nothing to do.", zh: "无需操作。" },
};

export const NOTHING_KNOWN: FaultText = {
  reason: { en: "The line has not been looked at yet.", zh: "尚未检查线路。" },
  advice: { en: "Wait a minute.", zh: "请稍候一分钟。" },
};
