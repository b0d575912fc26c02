import { connect as connectTcp, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { UplinkTls } from "./options.ts";

/** IANA port numbers of MQTT without and with TLS. */
const MQTT_PORT = 1883;
const MQTTS_PORT = 8883;

/** What a TCP or TLS socket is to us. */
export interface BrokerSocket extends Duplex {
  setNoDelay(noDelay: boolean): unknown;
}

/** Opens a socket to the broker, TLS included. Errors come as the socket's own `error`. */
export type Dial = () => BrokerSocket;

/** @throws TypeError when `url` is neither `mqtt://` nor `mqtts://`. */
export function dialer(url: string, tls: UplinkTls = {}): Dial {
  const { protocol, hostname, port: portText } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  switch (protocol) {
    case "mqtt:": {
      const port = portText === "" ? MQTT_PORT : Number(portText);
      return () => connectTcp({ host, port });
    }
    case "mqtts:": {
      const port = portText === "" ? MQTTS_PORT : Number(portText);
      const { ca, cert, key, servername } = tls;
      const sni = servername ?? (isIP(host) === 0 ? host : undefined);
      return () =>
        connectTls({
          host,
          port,
          ...(sni === undefined ? {} : { servername: sni }),
          ...(ca === undefined ? {} : { ca }),
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key: key.reveal() }),
          minVersion: "TLSv1.2",
        });
    }
    default:
      throw new TypeError(`not a broker's address: ${url}; give mqtt://HOST[:PORT] or mqtts://HOST[:PORT]`);
  }
}
