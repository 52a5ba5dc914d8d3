/** A reverse relay in front of a server of the test, and the calls of its tap. */
import { startReverseRelay } from "../../../lib/capture/relay/reverse_relay.ts";
import type { ExchangeEnd, ExchangeHead, TapFactory } from "../../../lib/net/exchange_tap.ts";
import { dialerFor } from "../../net/kit.ts";
import { eventually } from "../../net/server/kit.ts";

/** The calls of a tap for one exchange. */
export interface Tapped {
  readonly heads: ExchangeHead[];
  readonly ends: ExchangeEnd[];
  readonly sent: Uint8Array[];
  readonly received: Uint8Array[];
  upgraded: boolean;
}

/** A relay. */
export interface RelayScene extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly exchanges: readonly Tapped[];
  /** Waits until both directions of the first exchange have ended. @returns their outcomes, request first */
  readonly outcomes: () => Promise<readonly string[]>;
}

/** Starts a relay whose model channel leads to a port of this machine. */
export async function relayTo(
  port: number,
  options: { refusesWebSockets?: boolean; headTimeoutMs?: number } = {},
): Promise<RelayScene> {
  const exchanges: Tapped[] = [];
  const tap: TapFactory = () => {
    const tapped: Tapped = { heads: [], ends: [], sent: [], received: [], upgraded: false };
    exchanges.push(tapped);
    return {
      head: (head) => void tapped.heads.push(head),
      bytes: (direction, data) =>
        void (direction === "request" ? tapped.sent : tapped.received).push(data.slice()),
      upgrade: (head) => {
        tapped.heads.push(head);
        tapped.upgraded = true;
      },
      end: (end) => void tapped.ends.push(end),
    };
  };
  const dialer = await dialerFor();
  const relay = await startReverseRelay({
    dialer,
    modelBase: `http://127.0.0.1:${port}/base`,
    tap,
    ...options,
  });
  return {
    port: relay.port,
    url: `http://127.0.0.1:${relay.port}/v1`,
    exchanges,
    outcomes: async () => {
      await eventually(() => exchanges[0]?.ends.length === 2, "both directions have ended");
      const ends = exchanges[0]?.ends ?? [];
      return (["request", "response"] as const).map((direction) =>
        ends.find((end) => end.direction === direction)?.outcome ?? "none"
      );
    },
    [Symbol.asyncDispose]: async () => {
      await relay.close();
      dialer[Symbol.dispose]();
    },
  };
}

/** Opens a connection to the relay and writes text. */
export async function opened(port: number, text: string): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode(text));
  return conn;
}

/** A request head for the relay. */
export function head(relay: RelayScene, line: string, fields = ""): string {
  return `${line} HTTP/1.1\r\nHost: 127.0.0.1:${relay.port}\r\n${fields}\r\n`;
}

/** Reads from a connection until the text has arrived. */
export async function readUntil(conn: Deno.Conn, mark: string): Promise<string> {
  const buffer = new Uint8Array(65_536);
  let text = "";
  while (!text.includes(mark)) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error(`The connection ended before ${JSON.stringify(mark)}: ${text}`);
    text += new TextDecoder("latin1").decode(buffer.subarray(0, count));
  }
  return text;
}
