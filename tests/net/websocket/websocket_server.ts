/** A websocket server that a test controls frame by frame, with TLS or without. */
import type { KeyPairPem } from "../../../lib/pki/pki.ts";

/** One frame from the client, unmasked. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Uint8Array;
}

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** The server's end of one connection. */
export class Peer {
  /** Request line and headers. */
  requestLine = "";
  headers = new Headers();
  readonly #conn: Deno.Conn;
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Reads the request's head. */
  async readRequest(): Promise<void> {
    let text = "";
    while (!text.endsWith("\r\n\r\n")) text += String.fromCharCode((await this.#take(1))[0] ?? 0);
    const [requestLine = "", ...lines] = text.trimEnd().split("\r\n");
    this.requestLine = requestLine;
    for (const line of lines) {
      this.headers.append(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim());
    }
  }

  /** Answers 101. */
  accept(...headers: readonly string[]): Promise<void> {
    return this.acceptWith("Connection: Upgrade", ...headers);
  }

  /** Answers 101 with the given headers and without another Connection header. */
  async acceptWith(...headers: readonly string[]): Promise<void> {
    const key = `${this.headers.get("sec-websocket-key")}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key)));
    await this.write([
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      `Sec-WebSocket-Accept: ${btoa(String.fromCharCode(...digest))}`,
      ...headers,
      "",
      "",
    ].join("\r\n"));
  }

  async write(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  async send(opcode: number, payload: string | Uint8Array, fin = true): Promise<void> {
    await this.write(frame(opcode, payload, fin));
  }

  async closeWith(code: number, reason = ""): Promise<void> {
    await this.send(CLOSE, Uint8Array.of(code >> 8, code & 0xff, ...new TextEncoder().encode(reason)));
  }

  async readFrame(): Promise<Frame> {
    const [first = 0, second = 0] = await this.#take(2);
    let length = second & 0x7f;
    if (length === 126) length = number(await this.#take(2));
    else if (length === 127) length = number(await this.#take(8));
    const mask = await this.#take(4);
    const payload = (await this.#take(length)).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
    return { opcode: first & 0xf, payload };
  }

  async readText(): Promise<string> {
    return new TextDecoder().decode((await this.readFrame()).payload);
  }

  /** Ends the connection on this side, without a close frame. */
  async end(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /** Resolves when the client has left; data that it still sends is dropped. */
  async gone(): Promise<void> {
    const buffer = new Uint8Array(1024);
    try {
      while (await this.#conn.read(buffer) !== null);
    } catch (error) {
      // A close without close_notify also counts as the end.
      if (!(error instanceof Error)) throw error;
    }
  }

  close(): void {
    try {
      this.#conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #take(count: number): Promise<Uint8Array> {
    while (this.#buffer.length < count) {
      const chunk = new Uint8Array(65_536);
      const read = await this.#conn.read(chunk);
      if (read === null) throw new Error("The client is gone");
      const longer = new Uint8Array(this.#buffer.length + read);
      longer.set(this.#buffer);
      longer.set(chunk.subarray(0, read), this.#buffer.length);
      this.#buffer = longer;
    }
    const taken = this.#buffer.slice(0, count);
    this.#buffer = this.#buffer.slice(count);
    return taken;
  }
}

export interface WebSocketServerOfTests extends AsyncDisposable {
  readonly port: number;
}

/**
 * Starts it.
 *
 * @param serve gets each connection with its request read; the connection is closed when it is done
 */
export function websocketServer(
  serve: (peer: Peer) => Promise<void>,
  pair?: KeyPairPem,
): WebSocketServerOfTests {
  const listener = pair === undefined
    ? Deno.listen({ hostname: "127.0.0.1", port: 0 })
    : Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: pair.certificate, key: pair.privateKey });
  const peers = new Set<Peer>();
  const running = (async () => {
    for (;;) {
      let conn: Deno.Conn;
      try {
        conn = await listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        continue;
      }
      const peer = new Peer(conn);
      peers.add(peer);
      // Many of these tests have a client that leaves early.
      peer.readRequest().then(() => serve(peer)).catch(() => undefined).finally(() => peer.close());
    }
  })();
  return {
    port: listener.addr.transport === "tcp" ? listener.addr.port : 0,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      for (const peer of peers) peer.close();
      await running;
    },
  };
}

/** One frame of a server: not masked. */
export function frame(opcode: number, payload: string | Uint8Array, fin = true): Uint8Array {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const { length } = bytes;
  const size = length < 126
    ? [length]
    : length < 65_536
    ? [126, length >> 8, length & 0xff]
    : [127, 0, 0, 0, 0, (length >> 24) & 0xff, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
  const whole = new Uint8Array(1 + size.length + length);
  whole.set([(fin ? 0x80 : 0) | opcode, ...size]);
  whole.set(bytes, 1 + size.length);
  return whole;
}

function number(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}
