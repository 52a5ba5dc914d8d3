/** A replay on loopback, and clients of it. */
// @ts-types="@types/ws"
import { WebSocket } from "ws";
import { request } from "node:http";
import type { LoadedCapture } from "../../../lib/capture/record/read/exchanges.ts";
import {
  type ReplayOptions,
  type ReplayServer,
  startReplay,
} from "../../../lib/capture/replay/replay_server.ts";
import { processWorld } from "../../../lib/cli/app/process.ts";

/** Starts a replay. */
export async function replay(
  capture: LoadedCapture,
  options: Partial<ReplayOptions> = {},
): Promise<ReplayServer & AsyncDisposable> {
  const server = await startReplay({
    capture,
    world: processWorld(),
    mode: "exact",
    servesNearest: false,
    speed: Infinity,
    faults: [],
    ...options,
  });
  return { ...server, [Symbol.asyncDispose]: () => server.close() };
}

/** A response with the arrival time of each chunk. */
export interface TimedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** Monotonic time and text of each chunk. */
  readonly chunks: readonly (readonly [at: number, text: string])[];
  /** Whether the connection was cut before the end of the body. */
  readonly isBroken: boolean;
}

/** Sends a request and measures the arrival time of each chunk. */
export function ask(
  port: number,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<TimedReply> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      port,
      host: "127.0.0.1",
      path,
      method: body === undefined ? "GET" : "POST",
      agent: false,
      headers,
    }, (response) => {
      const chunks: [number, string][] = [];
      const end = (isBroken: boolean) =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: chunks.map(([, text]) => text).join(""),
          chunks,
          isBroken,
        });
      response.on(
        "data",
        (chunk: Uint8Array) => chunks.push([performance.now(), new TextDecoder().decode(chunk)]),
      );
      response.on("end", () => end(false));
      response.on("error", () => end(true));
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Sends a request and returns the bytes until the connection is cut or the body ends. */
export async function askUntilBroken(
  port: number,
  path: string,
  body: string,
): Promise<{ readonly text: string; readonly isBroken: boolean }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body });
  let text = "";
  try {
    for await (
      const chunk of (response.body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream())
    ) text += chunk;
  } catch {
    return { text, isBroken: true };
  }
  return { text, isBroken: false };
}

/** A client of a websocket. */
export interface TimedSocket {
  readonly send: (text: string) => void;
  /** Resolves with the next `count` messages and their times. */
  readonly take: (count: number) => Promise<readonly (readonly [at: number, text: string])[]>;
  readonly closed: Promise<number>;
  readonly close: () => void;
}

/** Opens a websocket; resolves with the status if it is refused. */
export function openSocket(port: number, path: string): Promise<TimedSocket | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    const messages: (readonly [number, string])[] = [];
    let wake = () => {};
    socket.on("message", (data, isBinary) => {
      const text = isBinary && data instanceof Uint8Array ? new Uint8Array(data).toBase64() : String(data);
      messages.push([performance.now(), text]);
      wake();
    });
    const closed = new Promise<number>((end) => socket.once("close", (code) => end(code)));
    socket.once("unexpected-response", (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.once("error", reject);
    socket.once("open", () =>
      resolve({
        send: (text) => socket.send(text),
        take: async (count) => {
          while (messages.length < count) await new Promise<void>((next) => wake = next);
          return messages.splice(0, count);
        },
        closed,
        close: () => socket.close(),
      }));
  });
}
