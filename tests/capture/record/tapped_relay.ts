/** A reverse relay on loopback that only forwards bytes and calls the taps of a recorder. */
import { Agent, createServer, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { TapFactory } from "../../../lib/net/exchange_tap.ts";

/** A relay that listens. */
export interface TappedRelay extends AsyncDisposable {
  readonly port: number;
}

/**
 * Starts a relay to a port on loopback.
 *
 * @param upstream the port
 * @param tap makes the taps
 */
export async function startTappedRelay(upstream: number, tap: TapFactory): Promise<TappedRelay> {
  let count = 0;
  const now = () => performance.now();
  const agent = new Agent({ keepAlive: false });
  const sockets = new Set<Socket>();
  const urlOf = (path = "/") => `http://127.0.0.1:${upstream}${path}`;
  const server = createServer((incoming, outgoing) => {
    const each = tap({ exchangeId: ++count, connectionId: count });
    const { method = "GET", rawHeaders } = incoming;
    each.head({ direction: "request", at: now(), method, url: urlOf(incoming.url), rawHeaders });
    const out = request({
      host: "127.0.0.1",
      port: upstream,
      path: incoming.url ?? "/",
      method,
      headers: rawHeaders,
      agent,
    });
    incoming.on("data", (chunk: Uint8Array) => each.bytes("request", chunk, now()));
    incoming.on("end", () => each.end({ direction: "request", at: now(), outcome: "complete" }));
    incoming.pipe(out);
    out.on("error", (error) => {
      each.end({ direction: "response", at: now(), outcome: "failed", error: error.message });
      outgoing.destroy();
    });
    out.on("response", (response) => {
      each.head({
        direction: "response",
        at: now(),
        status: response.statusCode ?? 0,
        reason: response.statusMessage ?? "",
        rawHeaders: response.rawHeaders,
      });
      outgoing.writeHead(response.statusCode ?? 0, response.statusMessage, response.rawHeaders);
      response.on("data", (chunk: Uint8Array) => each.bytes("response", chunk, now()));
      response.on("end", () => each.end({ direction: "response", at: now(), outcome: "complete" }));
      response.on("error", (error) => {
        each.end({ direction: "response", at: now(), outcome: "failed", error: error.message });
        outgoing.destroy();
      });
      response.pipe(outgoing);
    });
    outgoing.on("close", () => {
      if (!outgoing.writableFinished) out.destroy();
    });
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (incoming, client: Socket, head: Uint8Array) => {
    client.on("error", () => {});
    const each = tap({ exchangeId: ++count, connectionId: count });
    const { rawHeaders } = incoming;
    each.head({ direction: "request", at: now(), method: "GET", url: urlOf(incoming.url), rawHeaders });
    const out = connect(upstream, "127.0.0.1");
    out.on("error", () => client.destroy());
    const lines = [`GET ${incoming.url ?? "/"} HTTP/1.1`];
    for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
      lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
    }
    out.write(`${lines.join("\r\n")}\r\n\r\n`);
    out.write(head);
    let received = "";
    let isOpen = false;
    out.on("data", (chunk: Uint8Array) => {
      client.write(chunk);
      if (isOpen) return each.bytes("response", chunk, now());
      received += new TextDecoder("latin1").decode(chunk);
      const end = received.indexOf("\r\n\r\n");
      if (end < 0) return;
      const [status = "", ...fields] = received.slice(0, end).split("\r\n");
      const headers = fields.flatMap((
        line,
      ) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
      isOpen = true;
      each.upgrade({
        direction: "response",
        at: now(),
        status: Number(status.split(" ")[1]),
        reason: "",
        rawHeaders: headers,
      });
      const rest = Uint8Array.from(received.slice(end + 4), (letter) => letter.charCodeAt(0));
      if (rest.length > 0) each.bytes("response", rest, now());
    });
    client.on("data", (chunk: Uint8Array) => {
      out.write(chunk);
      each.bytes("request", chunk, now());
    });
    out.on("close", () => {
      each.end({ direction: "response", at: now(), outcome: "complete" });
      client.destroy();
    });
    client.on("close", () => {
      each.end({ direction: "request", at: now(), outcome: "complete" });
      out.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address: AddressInfo | string | null = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
