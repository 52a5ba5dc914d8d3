/** `culvert respond --json` against a server that says exactly what a row of a table says, over either wire. */
import type { ServedWebSocket } from "../../../lib/net/served_websocket.ts";
import { type EventRow, type Reading, readingOfLines } from "../../responses/reading.ts";
import { frames } from "../../responses/kit.ts";
import {
  type Reply,
  type SocketScript,
  type SocketServer,
  socketServer,
} from "../../responses/websocket_kit.ts";
import { assertExcludes } from "../../support/assert.ts";
import { culvert, type CulvertOptions, type CulvertRun } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

/** The wires that can be asked for. */
export type Wire = "sse" | "ws";
export const WIRES: readonly Wire[] = ["sse", "ws"];
export const WIRE_NAMES: Readonly<Record<Wire, string>> = { sse: "SSE", ws: "the websocket" };

/** A key that must never be seen in any output. */
export const WIRE_KEY = "sk-planted-0123456789abcdef";

/** What the server says to one request, on whichever wire it comes. */
export type Said = Pick<EventRow, "events" | "headers" | "isHeld">;

/** A script whose answers are these, on both wires. The last one answers every later request too. */
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
  readonly wire?: Wire | "auto";
  readonly script: SocketScript;
  /** Words after the prompt. */
  readonly args?: readonly string[];
  /** Keys of the provider's table on top of those that keep a test short. */
  readonly provider?: Readonly<Record<string, string | number | boolean>>;
  /** Lines of `config.toml` above the tables. */
  readonly config?: string;
  readonly prompt?: readonly string[];
}

/** What came of one. */
export interface Conversed extends Reading {
  readonly run: CulvertRun;
  readonly server: SocketServer;
  /** Requests for the model that reached the server. */
  readonly requests: number;
}

/** Neither retries nor long waits: a row that wants them says so. */
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
  const home = await Deno.makeTempDir({ prefix: "culvert-wire-" });
  const table = Object.entries({ ...BRIEF, base_url: baseUrl, ...provider });
  const lines = table.map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  await Deno.writeTextFile(
    join(home, "config.toml"),
    [config, 'model_provider = "mock"', "[model_providers.mock]", ...lines].join("\n"),
  );
  return home;
}

/** Runs one, without `--json` where `args` say `--no-json`. */
export async function converse(given: Conversation): Promise<Conversed> {
  const { wire = "sse", args = [], prompt = ["hello"], script, env, ...options } = given;
  await using server = await socketServer({ plain: true, ...script });
  const claims = wire === "auto" ? { supports_websockets: true } : {};
  const home = await homeFor(server.baseUrl, { ...given, provider: { ...claims, ...given.provider } });
  try {
    const words = ["respond", "--json", "--transport", wire, "-m", "gpt-test", ...args, ...prompt];
    const run = await culvert(words, {
      ...options,
      env: { CODEX_HOME: home, CULVERT_API_KEY: WIRE_KEY, ...env },
    });
    assertExcludes(run.stdout + run.stderr, WIRE_KEY);
    const reading = readingOfLines(run.stdout);
    return { ...reading, run, server, requests: server.frames.length + server.posts.length };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
