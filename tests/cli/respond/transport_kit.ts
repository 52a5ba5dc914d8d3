/** `culvert respond --json` against a server that says exactly what a row of a table says, over either transport. */
import type { ResponseEvent } from "../../../lib/responses/events/events.ts";
import type { ServedWebSocket } from "../../../lib/net/server/served_websocket.ts";
import { eventOfLine, type EventRow, type Reading, readingOf } from "../../responses/turn/reading.ts";
import { frames } from "../../responses/kit.ts";
import {
  type Reply,
  type SocketScript,
  type SocketServer,
  socketServer,
} from "../../responses/transport/websocket/websocket_kit.ts";
import { assertEquals, assertExcludes } from "../../support/assert.ts";
import { culvert, type CulvertOptions, type CulvertRun } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

/** The transports that can be asked for. */
export type TransportChoice = "sse" | "ws";
export const TRANSPORTS: readonly TransportChoice[] = ["sse", "ws"];
export const TRANSPORT_NAMES: Readonly<Record<TransportChoice, string>> = { sse: "SSE", ws: "the websocket" };

/** A key that must never be seen in any output. */
export const PLANTED_KEY = "sk-planted-0123456789abcdef";

/** The answer of the server to one request, over either transport. */
export type Said = Pick<EventRow, "events" | "headers" | "isHeld">;

/** A script whose answers are these, on both transports. The last one answers every later request too. */
export function scriptOf(...said: readonly Said[]): SocketScript {
  return {
    replies: said.map((one): Reply => (socket) => sayOn(socket, one)),
    posts: said.map((one) => () => new Response(bodyOf(one), { headers: headersOf(one) })),
  };
}

async function sayOn(socket: ServedWebSocket, { events, isHeld }: Said): Promise<void> {
  for (const event of events) await socket.send(typeof event === "string" ? event : JSON.stringify(event));
  const isWhole = JSON.stringify(events.at(-1) ?? null).includes('"response.completed"');
  if (isHeld !== true && !isWhole) socket.close(1000, "");
}

function headersOf({ headers }: Said): Record<string, string> {
  return { "content-type": "text/event-stream", ...headers };
}

function bodyOf({ events, isHeld }: Said): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode(frames(events)));
      if (isHeld !== true) controller.close();
    },
  });
}

/** How a conversation is held. */
export interface Conversation extends CulvertOptions {
  /** Default: sse. `auto` is a provider that claims websockets. */
  readonly transport?: TransportChoice | "auto";
  readonly script: SocketScript;
  /** Words after the prompt. */
  readonly args?: readonly string[];
  /** Keys of the provider's table on top of those that keep a test short. */
  readonly provider?: Readonly<Record<string, string | number | boolean>>;
  /** Lines of `config.toml` above the tables. */
  readonly config?: string;
  /** Default: hello. */
  readonly prompt?: readonly string[];
}

/** The results of one run, turn by turn. */
export interface ConversedTurns {
  readonly turns: readonly (readonly ResponseEvent[])[];
  readonly run: CulvertRun;
  readonly server: SocketServer;
  /** Requests for the model that reached the server. */
  readonly requests: number;
}

/** The result of one turn. */
export type Conversed = Reading & Omit<ConversedTurns, "turns">;

/** No retries and no long waits, unless a row sets them. */
const BRIEF = {
  name: "Mock",
  env_key: "CULVERT_API_KEY",
  request_max_retries: 0,
  stream_max_retries: 0,
  stream_idle_timeout_ms: 10_000,
  websocket_connect_timeout_ms: 10_000,
};

/** A `CODEX_HOME` whose `config.toml` leads to a server. */
export async function homeFor(
  baseUrl: string,
  { provider = {}, config = "" }: Pick<Conversation, "provider" | "config"> = {},
): Promise<string> {
  const home = await Deno.makeTempDir({ prefix: "culvert-transport-" });
  const table = Object.entries({ ...BRIEF, base_url: baseUrl, ...provider });
  const lines = table.map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  await Deno.writeTextFile(
    join(home, "config.toml"),
    [config, 'model_provider = "mock"', "[model_providers.mock]", ...lines].join("\n"),
  );
  return home;
}

/** Runs one turn. */
export async function converse(given: Conversation): Promise<Conversed> {
  const { turns, ...rest } = await converseInTurns(given);
  const [events, ...more] = turns;
  if (events === undefined || more.length > 0) throw new Error(`There were ${turns.length} turns`);
  return { ...readingOf(events), ...rest };
}

/** Runs it and keeps the events of each turn apart: with `--repeat-from` there may be several. */
export async function converseInTurns(given: Conversation): Promise<ConversedTurns> {
  const { transport = "sse", args = [], prompt = ["hello"], script, env, ...options } = given;
  await using server = await socketServer({ plain: true, ...script });
  const claims = transport === "auto" ? { supports_websockets: true } : {};
  const home = await homeFor(server.baseUrl, { ...given, provider: { ...claims, ...given.provider } });
  try {
    const words = ["respond", "--json", "--transport", transport, "-m", "gpt-test", ...args, ...prompt];
    const run = await culvert(words, {
      ...options,
      env: { CODEX_HOME: home, CULVERT_API_KEY: PLANTED_KEY, ...env },
    });
    assertExcludes(run.stdout + run.stderr, PLANTED_KEY);
    const turns: ResponseEvent[][] = [];
    let turn: ResponseEvent[] = [];
    for (const line of run.stdout.trimEnd().split("\n")) {
      const event = eventOfLine(line);
      turn.push(event);
      if (event.type !== "culvert.result") continue;
      turns.push(turn);
      turn = [];
    }
    assertEquals(turn, [], "something was printed after the last result");
    return { turns, run, server, requests: server.frames.length + server.posts.length };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
