/**
 * Shared parts of the tests of the protocol: a scripted HTTP server, a world with shortened pauses, and a
 * turn that is read to its end.
 */
import type {
  Authenticator,
  Authorization,
  RecoveryResult,
  Rejection,
} from "../../lib/auth/authenticator.ts";
import type { Provider } from "../../lib/config/provider.ts";
import { CulvertError } from "../../lib/errors.ts";
import type { Dialer } from "../../lib/net/dialer/dialer.ts";
import { dialerFor } from "../net/kit.ts";
import type { ResponseEvent } from "../../lib/responses/events/events.ts";
import { userMessage } from "../../lib/responses/events/items.ts";
import type { TurnRequest } from "../../lib/responses/request/request.ts";
import { Session, type SessionOptions } from "../../lib/responses/turn/session.ts";
import type { Turn, TurnOptions } from "../../lib/responses/turn/turn.ts";
import type { World } from "../../lib/world/world.ts";
import { type EventRow, type Reading, readingOf } from "./turn/reading.ts";

export { COMPLETED, CREATED, delta, failed, failsWith, type Reading } from "./turn/reading.ts";

/** A request as received by the server. */
export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The body as JSON; `undefined` if it is not JSON. */
  readonly json: Record<string, unknown> | undefined;
  /** Resolves when the client leaves a {@link held} reply. */
  readonly gone: Promise<void>;
  readonly leave: () => void;
}

/** Answers one request. */
export type Handler = (request: SeenRequest) => Response | Promise<Response>;

/** A server that uses its handlers in order; the last one also serves every later request. */
export interface ScriptedServer {
  readonly url: string;
  readonly seen: SeenRequest[];
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/**
 * Number of requests after which a client gets a final answer, so that the test of an endless loop fails and
 * does not hang.
 */
const MOST_REQUESTS = 600;
/** A number of retries above the limits of all tests. */
const MOST_RETRIES = 100;

export function scriptedServer(...handlers: readonly Handler[]): ScriptedServer {
  const seen: SeenRequest[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const bytes = await request.bytes();
    const handler = handlers[Math.min(seen.length, handlers.length - 1)];
    const { promise: gone, resolve: leave } = Promise.withResolvers<void>();
    const one: SeenRequest = {
      method: request.method,
      url: new URL(request.url),
      headers: request.headers,
      bytes,
      json: parsed(bytes),
      gone,
      leave,
    };
    seen.push(one);
    if (handler === undefined) throw new Error("The script has no handler");
    if (seen.length > MOST_REQUESTS) return new Response("Too many requests of one test", { status: 400 });
    return await handler(one);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/v1`,
    seen,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function parsed(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** Frames of server-sent events: objects as JSON, texts as they are. */
export function frames(events: readonly (object | string)[]): string {
  return events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join(
    "",
  );
}

/** A reply that streams these events and ends. */
export function stream(events: readonly (object | string)[], headers: Record<string, string> = {}): Handler {
  return () => new Response(frames(events), { headers: { "content-type": "text/event-stream", ...headers } });
}

/** A reply that streams these events and then stays open, silent. */
export function held(events: readonly (object | string)[], headers: Record<string, string> = {}): Handler {
  return ({ leave }) => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(frames(events))),
      cancel: leave,
    });
    return new Response(body, { headers: { "content-type": "text/event-stream", ...headers } });
  };
}

/** The answer of a row's server. */
export function replyOf({ events, headers, isHeld }: EventRow): Handler {
  return (isHeld === true ? held : stream)(events, headers);
}

/** A reply that is no stream. */
export function refusal(
  status: number,
  body: object | string,
  headers: Record<string, string> = {},
): Handler {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return () => new Response(text, { status, headers: { "content-type": "application/json", ...headers } });
}

/**
 * The dialer of all tests without TLS. It exists as long as the process: its client is opened before the
 * first test, so that no test appears to leak it.
 */
export const DIALER: Dialer = await dialerFor();
{
  await using server = scriptedServer(() => new Response(null));
  const reply = await DIALER.request({ method: "GET", url: new URL(server.url), headers: {} });
  await reply.body?.cancel();
}

/**
 * A world on the real clock whose pauses take a twentieth of their time, 20 ms at most, and are recorded.
 */
export function hastyWorld(): World & { readonly slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    env: () => undefined,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => 0.5,
    cwd: () => "/",
    home: () => undefined,
    withoutVariables: (_names, create) => create(),
    sleep: (ms, signal) => {
      slept.push(ms);
      return new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        const stop = () => {
          clearTimeout(timer);
          reject(signal?.reason);
        };
        const timer = setTimeout(() => {
          signal?.removeEventListener("abort", stop);
          resolve();
        }, Math.min(ms / 20, 20));
        signal?.addEventListener("abort", stop, { once: true });
      });
    },
  };
}

/** Returns an ordinary provider at `baseUrl`. */
export function provider(baseUrl: string, over: Partial<Provider> = {}): Provider {
  return {
    id: "test",
    name: "Test",
    baseUrl,
    queryParams: {},
    headers: {},
    requestMaxRetries: 4,
    streamMaxRetries: 5,
    streamIdleTimeoutMs: 20_000,
    websocketConnectTimeoutMs: 5_000,
    requiresOpenAiAuth: false,
    supportsWebsockets: false,
    ...over,
  };
}

/** The records of an authenticator of the tests. */
export interface TestAuth extends Authenticator {
  readonly rejections: Rejection[];
}

/** Returns these tokens in order, the next one after each 401; after the last one recovery fails. */
export function tokens(mode: Authorization["mode"], ...values: readonly string[]): TestAuth {
  const rejections: Rejection[] = [];
  return {
    rejections,
    authorize: () => {
      const token = values[Math.min(rejections.length, values.length - 1)] ?? "";
      return Promise.resolve({
        mode,
        source: { kind: "file", name: "/auth.json" },
        headers: token === "" ? {} : { Authorization: `Bearer ${token}` },
      });
    },
    startTurn: () => ({
      recover: (rejection): Promise<RecoveryResult> => {
        rejections.push(rejection);
        return Promise.resolve(
          rejections.length < values.length ? { resend: true, phase: "refresh_token" } : {
            resend: false,
            outcome: "recovery_not_run",
            reason: "not_chatgpt_auth",
            error: refused(rejection),
          },
        );
      },
    }),
  };
}

/** The error without a recovery: like the real one, it begins with the message of the server. */
function refused({ message = "no message", evidence }: Rejection): CulvertError {
  return new CulvertError("auth_rejected", `The request was answered 401: ${message}`, {
    details: { ...evidence },
  });
}

/** A session against `baseUrl`. */
export function session(
  baseUrl: string,
  over: Partial<SessionOptions> & { provider?: Provider } = {},
): Session {
  return new Session({
    dialer: DIALER,
    authenticator: tokens("apikey", "sk-test"),
    provider: provider(baseUrl),
    world: hastyWorld(),
    ...over,
  });
}

export const HELLO: TurnRequest = { model: "gpt-test", input: [userMessage("hello")] };

export async function readTurn(turn: Turn): Promise<Reading> {
  const events: ResponseEvent[] = [];
  let retries = 0;
  for await (const event of turn) {
    events.push(event);
    // A client that does not stop fails its test here instead of hanging.
    if (event.type === "culvert.retry" && ++retries > MOST_RETRIES) throw new Error(`${retries} retries`);
  }
  return readingOf(events);
}

/** One turn against a server with this script. */
export async function runScript(
  handlers: readonly Handler[],
  over: {
    readonly provider?: Partial<Provider>;
    readonly session?: Partial<SessionOptions>;
    readonly request?: Partial<TurnRequest>;
    readonly options?: TurnOptions;
  } = {},
): Promise<Reading & { readonly seen: readonly SeenRequest[] }> {
  await using server = scriptedServer(...handlers);
  const one = session(server.url, { provider: provider(server.url, over.provider), ...over.session });
  const reading = await readTurn(one.turn({ ...HELLO, ...over.request }, over.options));
  one.close();
  return { ...reading, seen: server.seen };
}

/** No retries at all. */
export const ONCE: Partial<Provider> = { requestMaxRetries: 0, streamMaxRetries: 0 };
