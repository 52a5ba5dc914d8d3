/**
 * A websocket server for benchmarks, run as a child process: each `response.create` with the model `N`
 * is answered by N deltas and a completed event. No compression: it would measure zlib. Prints its port.
 */
// @ts-types="@types/ws"
import { type WebSocket, WebSocketServer } from "ws";
import { deltaFrame } from "./stream_server.ts";

/** Bytes that may wait in the socket before the server waits. */
const HIGH_WATER = 1_000_000;

const DELTA = deltaFrame(100_000).replace(/^.*?data: /s, "").trim();

function drained(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => socket.send(DELTA, () => resolve()));
}

async function answer(socket: WebSocket, count: number): Promise<void> {
  socket.send('{"type":"response.created","response":{"id":"resp_1"}}');
  for (let sent = 0; sent < count && socket.readyState === 1; sent++) {
    if (socket.bufferedAmount > HIGH_WATER) await drained(socket);
    else socket.send(DELTA);
  }
  socket.send('{"type":"response.completed","response":{"id":"resp_1"}}');
}

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (socket) => {
  socket.on("message", (data) => {
    const { model } = JSON.parse(String(data));
    answer(socket, Number(model));
  });
  socket.on("error", () => socket.terminate());
});
server.on("listening", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) console.log(address.port);
});
