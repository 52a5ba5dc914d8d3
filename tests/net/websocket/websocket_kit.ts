/** Shared parts of the tests of the websocket: opening one, an echo, and receiving a number of messages. */
import type { Dialer } from "../../../lib/net/dialer/dialer.ts";
import type { WebSocketChannel, WebSocketRequest } from "../../../lib/net/websocket/websocket.ts";
import { type Peer, TEXT } from "./websocket_server.ts";

export function ask(url: string, over: Partial<WebSocketRequest> = {}): WebSocketRequest {
  return { url: new URL(url), headers: {}, connectTimeoutMs: 10_000, ...over };
}

export async function open(
  dialer: Dialer,
  url: string,
  over: Partial<WebSocketRequest> = {},
): Promise<WebSocketChannel> {
  const outcome = await dialer.openWebSocket(ask(url, over));
  if (outcome.kind !== "open") throw new Error(`Refused: ${outcome.status} ${outcome.body}`);
  return outcome.channel;
}

/** Accepts, then answers each text with the same, until the client leaves. */
export async function echo(peer: Peer): Promise<void> {
  await peer.accept("X-Reasoning-Included: true");
  for (;;) await peer.send(TEXT, `echo ${await peer.readText()}`);
}

/** Receives a number of messages, in any batches. */
export async function receive(channel: WebSocketChannel, count: number): Promise<string[]> {
  const messages: string[] = [];
  while (messages.length < count) messages.push(...await channel.receive());
  return messages;
}
