import type { InterferenceCause } from "../../domain/interference.ts";
import type { Words } from "../../domain/words.ts";

type Row = readonly [reason: string, advice: string, reasonZh: string, adviceZh: string];

/** What is so, and the first thing to try. */
// oxfmt-ignore
const ROWS: Readonly<Record<InterferenceCause, Row>> = {
  nonWifiEnergy: ["Something that is not Wi-Fi transmits on this channel.", "Switch suspects off one by one and watch: microwave oven, wireless camera, video sender, Bluetooth. Then move it, or use 5 GHz or a cable.", "该信道上有非 Wi-Fi 的无线干扰源。", "逐个关闭可疑设备并观察：微波炉、无线摄像头、视频发射器、蓝牙。然后移开它，或改用 5 GHz 或网线。"],
  neighbourWifi: ["Other Wi-Fi networks fill this channel.", "Let the router use another channel (1, 6 or 11), 5 GHz, or use a cable.", "其他 Wi-Fi 网络占满了该信道。", "让路由器换用其他信道（1、6 或 11）、5 GHz，或改用网线。"],
  hiddenNode: ["Frames collide although signal is good and the channel is free: some sender is not heard here.", "Move the access point so that all devices hear it and each other, or use another channel.", "信号良好且信道空闲，但数据帧仍发生冲突：有本机听不到的发送方。", "移动接入点，使所有设备都能互相听到，或换用其他信道。"],
  noiseFloorRaised: ["The radio noise here is much higher than usual.", "Ask what was switched on or installed lately: lamps, displays, chargers, USB 3 devices. Keep them a metre away, or use 5 GHz or a cable.", "此处的无线电噪声明显高于平时。", "询问最近开启或安装了什么：灯具、显示屏、充电器、USB 3 设备。使其远离一米，或改用 5 GHz 或网线。"],
  ownLoad: ["The shop's own traffic fills the channel.", "No interference: stop downloads, video and backups during selling hours, or give the gateway a cable.", "信道被本店自己的流量占满。", "不是干扰：营业时间停止下载、视频和备份，或为网关接网线。"],
  weakCoverage: ["The Wi-Fi signal is weak here.", "No interference: move the access point nearer, turn its antennas, add one, or use a cable.", "此处 Wi-Fi 信号弱。", "不是干扰：把接入点移近、调整天线、增加接入点，或改用网线。"],
  accessPointLost: ["The access point is gone, or its connection was lost again and again.", "Check that the access point has power and was not renamed; restart it once.", "接入点消失，或连接反复中断。", "检查接入点是否通电、名称是否更改；重启一次。"],
  cellInterference: ["The mobile signal is strong and unclean: something disturbs it.", "Move modem and antenna away from displays, chargers and the till; try another window; tell the operator the figures.", "移动信号强但质量差：存在干扰。", "使调制解调器和天线远离显示屏、充电器和收银机；换一扇窗；把数据告知运营商。"],
  cellWeak: ["The mobile signal is weak here.", "No interference: move the antenna to a window or outside, or use another operator.", "此处移动信号弱。", "不是干扰：把天线移到窗边或室外，或换用其他运营商。"],
  ethernetNoise: ["Frames arrive damaged in bursts: something disturbs the cable.", "Lead the cable away from motors, lamps and power lines; use a shielded one. See which device is switched when it happens.", "数据帧成批损坏：网线受到干扰。", "让网线远离电机、灯具和电源线；改用屏蔽线。留意出现时正在开关哪台设备。"],
  badCablePair: ["The cable carries less than before: a pair of its wires or a plug is bad.", "Replace the cable; try another port of the switch.", "网线速率低于以前：有一对线或插头损坏。", "更换网线；换用交换机的另一个端口。"],
  duplexMismatch: ["Both ends of the cable disagree about who may send when.", "Set the switch's port to automatic negotiation; replace an old hub.", "网线两端的双工模式不一致。", "把交换机端口设为自动协商；更换老旧集线器。"],
  lineNoise: ["Bytes arrive damaged on this line: something disturbs it.", "Lead the cable away from motors, lamps and power lines; use a shielded, shorter one; check the earth.", "该线路上的字节被损坏：存在干扰。", "让线缆远离电机、灯具和电源线；使用更短的屏蔽线；检查接地。"],
  wrongLineSettings: ["Nothing readable arrives: both ends use other line settings.", "Compare speed, parity and stop bits in the config with the terminal's.", "收到的内容无法识别：两端的线路参数不同。", "核对配置与终端的速率、校验和停止位。"],
  usbNoise: ["The USB connection is disturbed.", "Use a short, shielded cable with a ferrite, away from motors; another port.", "USB 连接受到干扰。", "使用带磁环的短屏蔽线并远离电机；换一个端口。"],
  usbPower: ["A USB device draws more than its port gives, or this machine's supply is too weak.", "No interference: use a hub with a supply of its own, or a stronger supply for this machine.", "USB 设备用电超过端口能力，或本机供电不足。", "不是干扰：使用带独立电源的集线器，或为本机换更强的电源。"],
  usbHub: ["Several devices of one USB hub went at once: the hub, its cable or its supply.", "No interference: plug the hub in anew, give it another cable and a supply of its own; if it stays, replace the hub or use the machine's own ports.", "同一 USB 集线器上的多个设备同时断开：集线器、其线缆或供电有问题。", "不是干扰：重新插好集线器，更换其线缆并使用独立电源；若仍有故障，更换集线器或直接插本机端口。"],
  usbCable: ["One USB device alone is lost again and again: its cable, its plug, or the device.", "Replace the cable; then try another port; then the device.", "只有这一个 USB 设备反复断开：其线缆、插头或设备本身有问题。", "先更换线缆，再换端口，最后换设备。"],
  deviceRestarts: ["The device restarts by itself.", "Check its power supply; update its software or have it repaired.", "设备自行重启。", "检查其电源；更新软件或送修。"],
  environment: ["Several kinds of lines are disturbed in the same minute: it comes from the surroundings.", "Ask what is switched at these times: motors, lifts, welding, lamps. Move it to another circuit, keep cables away from it.", "多种线路在同一分钟受到干扰：来自周围环境。", "询问这些时刻正在开关什么：电机、电梯、电焊、灯具。换用其他电路，让线缆远离它。"],
  badCable: ["Frames arrive damaged all the time on this one cable.", "Replace the cable and look again; then the port.", "这一根线上的数据帧持续损坏。", "更换网线后再看；再换端口。"],
  receiverOverrun: ["This machine does not fetch what arrives in time.", "No interference: look at processor and memory of this machine.", "本机来不及读取收到的数据。", "不是干扰：查看本机的处理器和内存。"],
  countersRestarted: ["The driver or device begins anew again and again.", "No interference: check its supply, update its driver, replace it.", "驱动或设备反复重新启动。", "不是干扰：检查供电，更新驱动，或更换设备。"],
  notEnoughEvidence: ["Something is not as it should be; there is not enough evidence to say what.", "Change nothing yet: measure first.", "有异常，但证据不足，无法判断原因。", "先不要改动：先测量。"],
};

export function causeReason(cause: InterferenceCause): Words {
  const [en, , zh] = ROWS[cause];
  return { en, zh };
}

export function causeAdvice(cause: InterferenceCause): Words {
  const [, en, , zh] = ROWS[cause];
  return { en, zh };
}
