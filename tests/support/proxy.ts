/**
 * A proxy on loopback that speaks CONNECT, absolute-form and SOCKS5 on one port and records its requests. It can
 * require credentials and can fail as real proxies do.
 */
import { once } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";
import { TrackedSockets } from "./tracked_sockets.ts";

/** A fault of the proxy. */
export type ProxyFault =
  /** Answers every HTTP request with this status and headers. */
  | {
    readonly kind: "status";
    readonly status: number;
    readonly headers?: readonly string[];
    readonly body?: string;
  }
  /** Answers with bytes that are not HTTP (nor SOCKS). */
  | { readonly kind: "garbage" }
  /** Closes after the request was read. */
  | { readonly kind: "eof" }
  /** Never answers. */
  | { readonly kind: "stall" }
  /** Answers CONNECT with 200 and headers above 8 KiB. */
  | { readonly kind: "long" }
  /** Accepts the tunnel, then closes it immediately. */
  | { readonly kind: "cut" }
  /** SOCKS5: replies with this code (RFC 1928 §6). */
  | { readonly kind: "socks"; readonly reply: number };

export interface ProxyOptions {
  /** Certificate and key: clients speak TLS to the proxy. */
  readonly tls?: { readonly certificate: string; readonly privateKey: string };
  /** `user:password` that must be presented. */
  readonly credentials?: string;
  readonly fault?: ProxyFault;
  /** The actual target of each tunnel instead of the requested one: `127.0.0.1:PORT`. */
  readonly leadTo?: { readonly host: string; readonly port: number };
}

/** A request as the proxy received it. */
export interface ProxySighting {
  readonly form: "connect" | "absolute" | "socks5";
  /** `host:port` of a tunnel, or the absolute URL. */
  readonly target: string;
  readonly requestLine: string;
  readonly headers: Headers;
  /** The decoded `user:password` that was presented, also over SOCKS. */
  readonly credentials?: string;
}

export interface TestProxy extends AsyncDisposable {
  readonly port: number;
  readonly seen: readonly ProxySighting[];
  readonly openSockets: () => number;
}

/** Starts a proxy on a port that the system chooses. */
export async function startProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const seen: ProxySighting[] = [];
  const sockets = new TrackedSockets();
  const { track } = sockets;
  const onConnection = (client: net.Socket) => {
    if (client instanceof tls.TLSSocket) track(client);
    void serve(client, options, seen, track).catch(() => client.destroy());
  };
  const server = options.tls === undefined
    ? net.createServer(onConnection)
    : tls.createServer({ cert: options.tls.certificate, key: options.tls.privateKey }, onConnection);
  server.on("connection", track);
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return {
    port: address.port,
    seen,
    openSockets: () => sockets.size,
    [Symbol.asyncDispose]: async () => {
      sockets.destroy();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

type Track = (socket: net.Socket) => void;

async function serve(
  client: net.Socket,
  options: ProxyOptions,
  seen: ProxySighting[],
  track: Track,
): Promise<void> {
  const input = new Input(client);
  const first = await input.peek();
  if (first === 5) await serveSocks(client, input, options, seen, track);
  else await serveHttp(client, input, options, seen, track);
}

async function serveHttp(
  client: net.Socket,
  input: Input,
  options: ProxyOptions,
  seen: ProxySighting[],
  track: Track,
): Promise<void> {
  const head = await input.until("\r\n\r\n");
  const [requestLine = "", ...lines] = head.trimEnd().split("\r\n");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const [method = "", target = ""] = requestLine.split(" ");
  const credentials = decodeBasic(headers.get("proxy-authorization"));
  seen.push({
    form: method === "CONNECT" ? "connect" : "absolute",
    target,
    requestLine,
    headers,
    ...(credentials === undefined ? {} : { credentials }),
  });
  const { fault } = options;
  if (fault?.kind === "stall") return;
  if (fault?.kind === "eof") return void client.end();
  if (fault?.kind === "garbage") return void client.end("220 mail.example ESMTP ready\r\n");
  if (fault?.kind === "long") {
    return void client.write(`HTTP/1.1 200 OK\r\nX-Filler: ${"x".repeat(20_000)}\r\n\r\n`);
  }
  if (fault?.kind === "status") {
    return void client.end(answer(fault.status, fault.headers ?? [], fault.body ?? "refused by policy"));
  }
  if (options.credentials !== undefined && credentials !== options.credentials) {
    return void client.end(answer(407, ['Proxy-Authenticate: Basic realm="test"'], "who are you"));
  }
  const url = new URL(method === "CONNECT" ? `tcp://${target}` : target);
  const upstream = net.connect(
    options.leadTo ?? { host: bare(url.hostname), port: Number(url.port || "80") },
  );
  track(upstream);
  upstream.on("error", () => client.end(answer(502, [], "upstream unreachable")));
  await once(upstream, "connect");
  if (method === "CONNECT") {
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (fault?.kind === "cut") return void client.end();
  } else {
    const kept = lines.filter((line) => !/^proxy-/i.test(line));
    upstream.write(
      [requestLine.replace(target, url.pathname + url.search), ...kept, "Connection: close"].join("\r\n") +
        "\r\n\r\n",
    );
  }
  splice(client, input, upstream);
}

async function serveSocks(
  client: net.Socket,
  input: Input,
  options: ProxyOptions,
  seen: ProxySighting[],
  track: Track,
): Promise<void> {
  const [, count = 0] = await input.take(2);
  const methods = await input.take(count);
  const { fault } = options;
  if (fault?.kind === "stall") return;
  if (fault?.kind === "eof") return void client.end();
  if (fault?.kind === "garbage") return void client.end("220 mail.example ESMTP ready\r\n");
  let credentials: string | undefined;
  if (options.credentials !== undefined) {
    if (!methods.includes(2)) return void client.end(Uint8Array.of(5, 0xff));
    client.write(Uint8Array.of(5, 2));
    const [, userLength = 0] = await input.take(2);
    const user = await input.take(userLength);
    const [passwordLength = 0] = await input.take(1);
    const password = await input.take(passwordLength);
    credentials = `${new TextDecoder().decode(user)}:${new TextDecoder().decode(password)}`;
    if (credentials !== options.credentials) return void client.end(Uint8Array.of(1, 1));
    client.write(Uint8Array.of(1, 0));
  } else client.write(Uint8Array.of(5, 0));
  const [, , , kind = 0] = await input.take(4);
  const host = kind === 1
    ? [...await input.take(4)].join(".")
    : kind === 4
    ? hextets(await input.take(16))
    : new TextDecoder().decode(await input.take((await input.take(1))[0] ?? 0));
  const [high = 0, low = 0] = await input.take(2);
  const port = high * 256 + low;
  seen.push({
    form: "socks5",
    target: `${host}:${port}`,
    requestLine: kind === 3 ? "domain" : "address",
    headers: new Headers(),
    ...(credentials === undefined ? {} : { credentials }),
  });
  if (fault?.kind === "socks") {
    return void client.end(Uint8Array.of(5, fault.reply, 0, 1, 0, 0, 0, 0, 0, 0));
  }
  const upstream = net.connect(options.leadTo ?? { host, port });
  track(upstream);
  upstream.on("error", () => client.end(Uint8Array.of(5, 5, 0, 1, 0, 0, 0, 0, 0, 0)));
  await once(upstream, "connect");
  client.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
  splice(client, input, upstream);
}

function splice(client: net.Socket, input: Input, upstream: net.Socket): void {
  const early = input.release();
  if (early.length > 0) upstream.write(early);
  client.pipe(upstream);
  upstream.pipe(client);
  client.on("close", () => upstream.destroy());
  upstream.on("close", () => client.destroy());
}

function answer(status: number, headers: readonly string[], body: string): string {
  return [
    `HTTP/1.1 ${status} Test`,
    ...headers,
    `Content-Length: ${body.length}`,
    "Connection: close",
    "",
    body,
  ]
    .join("\r\n");
}

function decodeBasic(header: string | null): string | undefined {
  if (header === null || !header.startsWith("Basic ")) return undefined;
  return new TextDecoder().decode(Uint8Array.from(atob(header.slice(6)), (char) => char.charCodeAt(0)));
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

function hextets(bytes: Uint8Array): string {
  const words: string[] = [];
  for (let at = 0; at < 16; at += 2) {
    words.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  }
  return words.join(":");
}

/** Reads from a socket by length or up to a delimiter, and returns the rest. */
class Input {
  readonly #socket: net.Socket;
  readonly #onData: (chunk: Uint8Array) => void;
  #buffer = new Uint8Array(0);
  #ended = false;
  #wake = () => {};

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.#onData = (chunk) => {
      this.#buffer = Uint8Array.of(...this.#buffer, ...chunk);
      this.#wake();
    };
    socket.on("data", this.#onData);
    socket.once("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  async peek(): Promise<number> {
    await this.#fill(1);
    return this.#buffer[0] ?? 0;
  }

  async take(count: number): Promise<Uint8Array> {
    await this.#fill(count);
    const taken = this.#buffer.slice(0, count);
    this.#buffer = this.#buffer.slice(count);
    return taken;
  }

  async until(mark: string): Promise<string> {
    for (;;) {
      const text = new TextDecoder("latin1").decode(this.#buffer);
      const at = text.indexOf(mark);
      if (at >= 0) {
        this.#buffer = this.#buffer.slice(at + mark.length);
        return text.slice(0, at);
      }
      await this.#fill(this.#buffer.length + 1);
    }
  }

  release(): Uint8Array {
    this.#socket.off("data", this.#onData);
    const rest = this.#buffer;
    this.#buffer = new Uint8Array(0);
    return rest;
  }

  async #fill(count: number): Promise<void> {
    while (this.#buffer.length < count) {
      if (this.#ended) throw new Error("The client went away");
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
