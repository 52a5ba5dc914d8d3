/**
 * A websocket server that follows a script, over TLS with a private CA, and an HTTP server for the fallback.
 */
import type { Provider } from "../../../../lib/config/provider.ts";
import { listen } from "../../../../lib/net/server/listener.ts";
import type { ServedWebSocket, UpgradeOffer } from "../../../../lib/net/server/served_websocket.ts";
import { Session, type SessionOptions } from "../../../../lib/responses/turn/session.ts";
import { dialerFor, LEAF } from "../../../net/kit.ts";
import { hastyWorld, HELLO, provider, type Reading, readTurn, tokens } from "../../kit.ts";

type Json = Readonly<Record<string, unknown>>;

/** Answers one upgrade; the returned socket is served. */
export type Upgrade = (offer: UpgradeOffer, headers: Headers) => Promise<ServedWebSocket | undefined>;
/** Answers one `response.create` frame. */
export type Reply = (socket: ServedWebSocket, frame: Json) => void | Promise<void>;

/** The behavior of the server. The last entry of each list also serves all later requests. */
export interface SocketScript {
  /** Default: every upgrade is accepted. */
  readonly upgrades?: readonly Upgrade[];
  readonly replies?: readonly Reply[];
  /** SSE, for `POST responses`. Default: a completed response. */
  readonly posts?: readonly (() => Response)[];
  /** Whether the server has no TLS. */
  readonly plain?: boolean;
  /** Default: the system chooses. */
  readonly port?: number;
}

/** A running server. */
export interface SocketServer extends AsyncDisposable {
  readonly baseUrl: string;
  /** The frames of requests, in order, with the number of the handshake (from 1) that they came over. */
  readonly frames: { readonly json: Json; readonly handshake: number }[];
  /** Headers of each upgrade. */
  readonly handshakes: Headers[];
  /** Bodies of each POST. */
  readonly posts: Json[];
  /** Headers of each POST. */
  readonly postHeaders: Headers[];
  /** One promise per accepted socket, which resolves with its close code. */
  readonly closed: Promise<number>[];
  readonly sockets: ServedWebSocket[];
}

export async function socketServer(script: SocketScript = {}): Promise<SocketServer> {
  const frames: SocketServer["frames"] = [];
  const handshakes: Headers[] = [];
  const posts: Json[] = [];
  const postHeaders: Headers[] = [];
  const closed: Promise<number>[] = [];
  const sockets: ServedWebSocket[] = [];
  const { upgrades = [accept()], replies = [says(COMPLETE)], posts: answers = [answered] } = script;
  const listener = await listen({
    ...(script.port === undefined ? {} : { port: script.port }),
    ...(script.plain === true
      ? {}
      : { identity: { certificate: LEAF.certificate, privateKey: LEAF.privateKey } }),
    handle: async (request) => {
      if (request.method !== "POST") return new Response("Not found", { status: 404 });
      postHeaders.push(request.headers);
      posts.push(await request.json());
      return (answers[Math.min(posts.length, answers.length) - 1] ?? answered)();
    },
    upgrade: async (request, offer) => {
      handshakes.push(request.headers);
      const handshake = handshakes.length;
      const socket = await upgrades[Math.min(handshake, upgrades.length) - 1]?.(offer, request.headers);
      if (socket === undefined) return;
      sockets.push(socket);
      closed.push(socket.closed);
      for await (const text of socket.messages) {
        const json: Json = JSON.parse(text);
        frames.push({ json, handshake });
        await replies[Math.min(frames.length, replies.length) - 1]?.(socket, json);
      }
    },
  });
  return {
    baseUrl: `${script.plain === true ? "http" : "https"}://localhost:${listener.port}/v1`,
    frames,
    handshakes,
    posts,
    postHeaders,
    closed,
    sockets,
    [Symbol.asyncDispose]: listener.close,
  };
}

export const COMPLETE = [
  { type: "response.created", response: { id: "resp_1" } },
  { type: "response.completed", response: { id: "resp_1" } },
];

/** A whole response with its own id and one message. */
export function respondedWith(id: string, text: string, ...extra: readonly object[]): readonly object[] {
  return [
    { type: "response.created", response: { id } },
    ...extra,
    { type: "response.output_text.delta", delta: text },
    { type: "response.output_item.done", item: message(text, id) },
    { type: "response.completed", response: { id } },
  ];
}

export function message(text: string, id: string) {
  return { type: "message", role: "assistant", id: `msg_${id}`, content: [{ type: "output_text", text }] };
}

function answered(): Response {
  return new Response(COMPLETE.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""), {
    headers: { "content-type": "text/event-stream" },
  });
}

/** Accepts the upgrade. */
export function accept(headers: Readonly<Record<string, string>> = {}, delayMs = 0): Upgrade {
  return async (offer) => {
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    return await offer.accept(headers);
  };
}

/** Refuses it. */
export function refuse(status: number, body = "", headers: Readonly<Record<string, string>> = {}): Upgrade {
  return (offer) => {
    offer.refuse(status, headers, body);
    return Promise.resolve(undefined);
  };
}

/** Never answers. */
export const silence: Upgrade = () => Promise.resolve(undefined);

/** Cuts the connection instead of answering. */
export const cut: Upgrade = (offer) => {
  offer.drop();
  return Promise.resolve(undefined);
};

/** Sends these events. */
export function says(events: readonly object[]): Reply {
  return async (socket) => {
    for (const event of events) await socket.send(JSON.stringify(event));
  };
}

/** Sends these events and then ends the connection without a close frame. */
export function saysAndBreaks(events: readonly object[]): Reply {
  return async (socket) => {
    await says(events)(socket, {});
    // The pause lets the frames reach the client before the end of the connection.
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.drop();
  };
}

/** A session that trusts the server's CA; disposing of it closes its dialer too. */
export async function socketSession(
  baseUrl: string,
  over: Omit<Partial<SessionOptions>, "provider"> & { readonly provider?: Partial<Provider> } = {},
): Promise<Session & Disposable> {
  const dialer = await dialerFor();
  const { provider: fields, ...rest } = over;
  const session = new Session({
    dialer,
    authenticator: tokens("apikey", "sk-test"),
    world: hastyWorld(),
    transport: "auto",
    ...rest,
    provider: provider(baseUrl, { supportsWebsockets: true, ...fields }),
  });
  return Object.assign(session, {
    [Symbol.dispose]: () => {
      session.close();
      dialer.close();
    },
  });
}

/** Waits until the first upgrade has reached a server, 10 s at most. */
export async function handshakeSeen({ handshakes }: Pick<SocketServer, "handshakes">): Promise<void> {
  for (let waited = 0; handshakes.length === 0; waited += 5) {
    if (waited > 10_000) throw new Error("No upgrade came");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

type SessionOver = Parameters<typeof socketSession>[1];

/** One turn against a script. */
export async function runSocket(
  script: SocketScript,
  over: SessionOver = {},
): Promise<Reading & { server: SocketServer }> {
  await using server = await socketServer(script);
  using session = await socketSession(server.baseUrl, over);
  return { ...await readTurn(session.turn(HELLO)), server };
}
