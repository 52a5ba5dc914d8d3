/**
 * A relay that breaks a stream on purpose: a TLS server that forwards each connection to a plain HTTP server, and
 * injects one fault into what comes back, at a point that it finds by reading the units of the stream (the head, then
 * chunks of an SSE body or websocket frames).
 */
import * as net from "node:net";
import * as tls from "node:tls";
import { TrackedSockets } from "../support/tracked_sockets.ts";
import { UnitReader } from "./unit_reader.ts";

/** The fault of the stream. */
export const FAULTS = [
  "latency",
  "slow close",
  "reset",
  "half close",
  "cut after 7 bytes",
  "corrupt byte",
  "stall",
  "garbage",
  "truncated chunk",
] as const;
export type Fault = (typeof FAULTS)[number];

/** The point of the fault in the stream. */
export const POINTS = [
  "before headers",
  "between events",
  "inside an event",
  "after the terminal event",
] as const;
export type Point = (typeof POINTS)[number];

/**
 * Time for what was written before to arrive, ms: a reset or an error of the framing discards what the reader of the
 * connection has not delivered yet.
 */
const ARRIVAL_MS = 50;

/** How long a `latency` holds the stream back, ms. */
const LATENCY_MS = 200;
/** How long a `slow close` waits before it closes, ms. */
const SLOW_CLOSE_MS = 300;
/** Bytes of no encoding and no protocol. */
const GARBAGE = Uint8Array.from({ length: 64 }, (_, index) => 0x80 | (index * 37));

/** A relay that runs. */
export interface FaultRelay extends AsyncDisposable {
  readonly port: number;
}

/** Options of {@link startFaultRelay}. */
export interface FaultRelayOptions {
  readonly certificate: string;
  readonly privateKey: string;
  /** Port of the plain HTTP server on 127.0.0.1. */
  readonly upstreamPort: number;
  readonly fault: Fault;
  readonly point: Point;
}

/** Starts a relay on a port that the system chooses. Every connection suffers the fault. */
export async function startFaultRelay(options: FaultRelayOptions): Promise<FaultRelay> {
  const sockets = new TrackedSockets();
  const { track } = sockets;
  const server = tls.createServer({
    cert: options.certificate,
    key: options.privateKey,
    ALPNProtocols: ["http/1.1"],
    allowHalfOpen: true,
  }, (client) => {
    track(client);
    const upstream = net.connect(options.upstreamPort, "127.0.0.1");
    track(upstream);
    const requested = new Promise<void>((resolve) => {
      let isFirst = true;
      client.on("data", (data: Uint8Array) => {
        upstream.write(isFirst ? withoutExtensions(data) : data);
        isFirst = false;
        resolve();
      });
    });
    client.on("end", () => void upstream.end());
    client.on("close", () => upstream.destroy());
    void relayAnswer(client, upstream, requested, options).finally(() => upstream.destroy());
  });
  server.on("connection", track);
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The relay has no port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      sockets.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Takes the offer of compression out of an upgrade, so that the text of the frames can be read. */
function withoutExtensions(data: Uint8Array): Uint8Array {
  const text = new TextDecoder("latin1").decode(data);
  if (!/^sec-websocket-extensions:/im.test(text)) return data;
  return Uint8Array.from(
    text.replace(/^sec-websocket-extensions:.*\r\n/im, ""),
    (char) => char.charCodeAt(0),
  );
}

/** Forwards what the upstream sends, up to the point; then injects the fault. */
async function relayAnswer(
  client: tls.TLSSocket,
  upstream: net.Socket,
  requested: Promise<void>,
  { fault, point }: FaultRelayOptions,
): Promise<void> {
  const reader = new UnitReader(upstream);
  await requested;
  // The request must reach the server with every fault of the answer.
  await sleep(20);
  let before: Uint8Array = new Uint8Array(0);
  if (point !== "before headers") {
    let deltas = 0;
    for (;;) {
      const unit = await reader.next();
      if (unit === undefined) return void client.end();
      const text = new TextDecoder().decode(unit);
      if (text.includes('"response.output_text.delta"')) deltas++;
      const isHere = point === "after the terminal event"
        ? text.includes('"response.completed"')
        : deltas === 3;
      if (!isHere) {
        client.write(unit);
        continue;
      }
      if (point === "after the terminal event") {
        client.write(unit);
      } else if (point === "inside an event") {
        const middle = Math.floor(unit.length / 2);
        client.write(unit.subarray(0, middle));
        before = unit.subarray(middle);
      } else before = unit;
      break;
    }
  }
  await inject(fault, client, reader, before);
}

/** @param pending bytes that were read and not forwarded yet */
async function inject(
  fault: Fault,
  client: tls.TLSSocket,
  reader: UnitReader,
  pending: Uint8Array,
): Promise<void> {
  const next = async () => pending.length > 0 ? pending : await reader.next() ?? new Uint8Array(0);
  switch (fault) {
    case "latency":
      await sleep(LATENCY_MS);
      if (pending.length > 0) client.write(pending);
      return await forwardRest(client, reader);
    case "slow close":
      await sleep(SLOW_CLOSE_MS);
      return void client.end();
    case "reset":
      await sleep(ARRIVAL_MS);
      return void client.resetAndDestroy();
    case "half close":
      client.end();
      return await closed(client);
    case "cut after 7 bytes":
      client.write((await next()).subarray(0, 7));
      await sleep(ARRIVAL_MS);
      return void client.destroy();
    case "corrupt byte": {
      const bytes = Uint8Array.from(await next());
      const at = Math.min(9, bytes.length - 1);
      if (at >= 0) bytes[at] = (bytes[at] ?? 0) ^ 0x80;
      await sleep(ARRIVAL_MS);
      client.write(bytes);
      return await forwardRest(client, reader);
    }
    case "stall":
      return await closed(client);
    case "garbage":
      await sleep(ARRIVAL_MS);
      client.write(GARBAGE);
      if (pending.length > 0) client.write(pending);
      return await forwardRest(client, reader);
    case "truncated chunk": {
      const bytes = await next();
      client.write(bytes.subarray(0, Math.ceil(bytes.length / 2)));
      return void client.end();
    }
  }
}

async function forwardRest(client: tls.TLSSocket, reader: UnitReader): Promise<void> {
  for (let unit = await reader.next(); unit !== undefined; unit = await reader.next()) client.write(unit);
  client.end();
}

function closed(socket: tls.TLSSocket): Promise<void> {
  return new Promise((resolve) => socket.destroyed ? resolve() : socket.once("close", () => resolve()));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
