import { expect, test } from "vitest";
import { parseTcpInfo, tcpInfo } from "../../../../../src/health/link/probes/tcp-info.ts";

/** iproute2 6.1.0 in the shop of the ladder lab, while 15 % were lost on the way. */
const LOSSY = `0      0      198.18.1.2:58062 198.18.4.2:8883
	 bbr wscale:10,10 rto:204 rtt:0.902/0.486 ato:40 mss:1448 pmtu:1500 rcvmss:767 advmss:1448 cwnd:107 bytes_sent:47719 bytes_retrans:2940 bytes_acked:44144 bytes_received:4580 segs_out:211 segs_in:97 data_segs_out:131 data_segs_in:85 bbr:(bw:335768032bps,mrtt:0.059,pacing_gain:2.88672,cwnd_gain:2.88672) send 1374155211bps lastsnd:212 lastrcv:212 lastack:212 pacing_rate 15047886960bps delivery_rate 335768112bps delivered:98 app_limited busy:8888ms retrans:0/16 dsack_dups:2 rcv_space:14480 rcv_ssthresh:62464 minrtt:0.01 snd_wnd:84992
`;

/** The same, without a filter: with a column for the state, and connections that are not open yet. */
const ALL = `ESTAB    0      0      198.18.1.2:58062 198.18.4.2:8883 
	 bbr wscale:10,10 rto:204 rtt:0.902/0.486 bytes_acked:44144 data_segs_out:131 lastack:212 minrtt:0.01
SYN-SENT 0      1      198.18.1.2:57204 198.18.3.2:443  
	 bbr rto:1000 mss:524 pmtu:1500 rcvmss:88 advmss:1460 cwnd:1 segs_out:2 bbr:(bw:0bps,mrtt:0) lastsnd:7609728 lastrcv:7609728 lastack:7609728 app_limited unacked:1 retrans:1/1 lost:1 rcv_ssthresh:64240
`;

test("ss tells how long the way takes, what was sent again, and what was acknowledged when", () => {
  expect(parseTcpInfo(LOSSY)).toEqual([
    {
      local: "198.18.1.2:58062",
      peerHost: "198.18.4.2",
      peerPort: 8883,
      rttMs: 0.902,
      minRttMs: 0.01,
      segments: 131,
      sentAgain: 16,
      acknowledged: 44_144,
      acknowledgedMsAgo: 212,
    },
  ]);
});

test("what ss does not print is unknown, and not 0", () => {
  const [open, opening] = parseTcpInfo(ALL);
  expect(open).not.toHaveProperty("sentAgain");
  expect(open).not.toHaveProperty("lost");
  expect(opening).toMatchObject({ peerPort: 443, sentAgain: 1, lost: 1 });
  expect(opening).not.toHaveProperty("rttMs");
  expect(opening).not.toHaveProperty("segments");
});

test.each([
  ["[2001:db8::2]:50000 [2001:db8::1]:8883", "2001:db8::1"],
  ["[fe80::2]%eth0:50000 [fe80::1]%eth0:8883", "fe80::1"],
  ["[::ffff:10.0.0.2]:50000 [::ffff:10.0.0.1]:8883", "10.0.0.1"],
])("the peer in %s is %s", (ends, peerHost) => {
  expect(parseTcpInfo(`0 0 ${ends}\n\t cubic rtt:20/3\n`)).toMatchObject([{ peerHost, peerPort: 8883, rttMs: 20 }]);
});

test("other and missing lines are passed over", () => {
  expect(parseTcpInfo("")).toEqual([]);
  expect(parseTcpInfo("Cannot open netlink socket: Address family not supported by protocol\n")).toEqual([]);
  expect(parseTcpInfo("\t cubic rtt:20/3\n")).toEqual([]);
  expect(parseTcpInfo("0 0 10.0.0.1:5 10.0.0.2:6\n0 0 10.0.0.1:7 10.0.0.2:8\n\t rtt:x/y\n")).toEqual([
    { local: "10.0.0.1:7", peerHost: "10.0.0.2", peerPort: 8 },
  ]);
});

test("a machine without ss tells nothing", async () => {
  const { signal } = new AbortController();
  const found = await tcpInfo(async () => ({ ok: false, because: "missing", stderr: "" }), new Set([8883]), signal);
  expect(found).toEqual([]);
});
