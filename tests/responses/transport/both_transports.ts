/**
 * One script for both transports, over TLS with the private CA, and the requests that the server received.
 */
import { frames } from "../kit.ts";
import {
  accept,
  says,
  saysAndBreaks,
  type SocketScript,
  type SocketServer,
} from "./websocket/websocket_kit.ts";

/** One answer: head and events. An answer without a terminal event is cut at its end. */
export interface Answer {
  /** Headers of the reply to the POST, or of the upgrade if the answer is the first over its websocket. */
  readonly head?: Readonly<Record<string, string>>;
  readonly events: readonly object[];
  /** The connection ends after the events. */
  readonly ends?: boolean;
}

export type TransportChoice = "sse" | "ws";
export const TRANSPORTS: readonly TransportChoice[] = ["sse", "ws"];
export const NAME: Readonly<Record<TransportChoice, string>> = { sse: "over SSE", ws: "over the websocket" };

/** The script that returns these answers over each transport. */
export function scriptOf(...answers: readonly Answer[]): SocketScript {
  return {
    posts: answers.map(({ head, events }) => () =>
      new Response(frames(events), { headers: { "content-type": "text/event-stream", ...head } })
    ),
    upgrades: answers.map(({ head }) => accept(head)),
    replies: answers.map(({ events, ends }) => (ends === true ? saysAndBreaks : says)(events)),
  };
}

/** The sticky state of each request. */
export function statesSeen(transport: TransportChoice, server: SocketServer): readonly (string | null)[] {
  const name = "x-codex-turn-state";
  if (transport === "sse") return server.postHeaders.map((headers) => headers.get(name));
  return server.frames.map(({ json: { client_metadata: metadata } }) => {
    const entry = Object.entries(metadata ?? {}).find(([key]) => key === name);
    return entry === undefined ? null : String(entry[1]);
  });
}
