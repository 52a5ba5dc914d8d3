/** A client for benchmarks: bare HTTP/1.1 over one connection that is kept open, with as little work as possible. */

const encoder = new TextEncoder();
const CHUNKED_END = "0\r\n\r\n";

/** One connection. */
export class BenchClient implements Disposable {
  readonly #conn: Deno.TcpConn;
  readonly #port: number;
  readonly #buffer = new Uint8Array(256 * 1024);

  private constructor(conn: Deno.TcpConn, port: number) {
    this.#conn = conn;
    this.#port = port;
  }

  static async open(port: number): Promise<BenchClient> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    return new BenchClient(conn, port);
  }

  /** Builds a request. @param body JSON; absent: GET */
  request(path: string, body?: string): Uint8Array {
    const head =
      `${body === undefined ? "GET" : "POST"} /v1/${path} HTTP/1.1\r\nHost: 127.0.0.1:${this.#port}\r\n` +
      "User-Agent: bench\r\nAccept: text/event-stream\r\nAuthorization: Bearer sk-bench-0123456789abcdefghij\r\n";
    return encoder.encode(
      body === undefined
        ? `${head}\r\n`
        : `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  }

  /** Sends a request. */
  async send(request: Uint8Array): Promise<void> {
    for (let at = 0; at < request.length;) at += await this.#conn.write(request.subarray(at));
  }

  /** Reads what has arrived. The array is used again by the next call. @throws where the connection has ended */
  async read(): Promise<Uint8Array> {
    const count = await this.#conn.read(this.#buffer);
    if (count === null) throw new Error("The connection ended within the response");
    return this.#buffer.subarray(0, count);
  }

  /**
   * Reads one response to its end, which must be that of a chunked body.
   *
   * @param onChunk receives the bytes as they arrive, framing included
   */
  async response(onChunk: (bytes: Uint8Array) => void): Promise<void> {
    for (let tail = ""; !tail.endsWith(CHUNKED_END);) {
      const bytes = await this.read();
      onChunk(bytes);
      tail = (tail + new TextDecoder("latin1").decode(bytes.subarray(-5))).slice(-5);
    }
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}
