/** Frames that must not fail a session, from a server that sends exactly them. */
import { connect } from "../../lib/connect/connect.ts";
import { loadSettings } from "../../lib/config/load_settings.ts";
import type { CulvertError } from "../../lib/errors.ts";
import { processWorld } from "../../lib/cli/app/process.ts";
import { listen } from "../../lib/net/server/listener.ts";
import type { ServedWebSocket } from "../../lib/net/server/served_websocket.ts";
import { RealtimeConversation } from "../../lib/realtime/conversation/conversation.ts";
import type { RealtimeVersion } from "../../lib/realtime/protocol/protocol_version.ts";
import type { RealtimeEvent } from "../../lib/realtime/protocol/realtime_event.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";

interface Opened extends AsyncDisposable {
  readonly conversation: RealtimeConversation;
  readonly socket: ServedWebSocket;
  readonly events: RealtimeEvent[];
  readonly seen: (kind: RealtimeEvent["kind"]) => Promise<void>;
}

/** Opens a conversation with a server that confirms the session and then calls a function of the test. */
async function opened(version: RealtimeVersion): Promise<Opened> {
  const accepted = Promise.withResolvers<ServedWebSocket>();
  const server = await listen({
    handle: () => new Response(null, { status: 404 }),
    upgrade: async (_, offer) => {
      const socket = await offer.accept();
      await socket.send(JSON.stringify({ type: "session.updated", session: { id: "s" } }));
      accepted.resolve(socket);
    },
  });
  const home = await Deno.makeTempDir({ prefix: "culvert-session-" });
  const variables: Readonly<Record<string, string>> = {
    CULVERT_API_KEY: "sk-any-key-0123",
    CODEX_HOME: home,
  };
  const world = {
    ...processWorld(),
    env: (name: string) => variables[name],
  };
  const settings = await loadSettings({ baseUrl: `http://127.0.0.1:${server.port}/v1` }, world);
  const connection = await connect(settings, world);
  const events: RealtimeEvent[] = [];
  let wake = () => {};
  const conversation = await RealtimeConversation.open(connection, {
    session: { mode: "conversation", version, instructions: "" },
  }, {
    event: (event) => {
      events.push(event);
      wake();
    },
  });
  return {
    conversation,
    socket: await accepted.promise,
    events,
    seen: async (kind) => {
      while (!events.some((event) => event.kind === kind)) {
        await new Promise<void>((resolve) => wake = resolve);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await conversation.close();
      await connection[Symbol.asyncDispose]();
      await server.close();
      await Deno.remove(home, { recursive: true });
    },
  };
}

Deno.test("events that v1 does not know are ignored", async () => {
  await using here = await opened("v1");
  await here.socket.send(JSON.stringify({ type: "response.created", response: { id: "r" } }));
  await here.socket.send("not json");
  await here.socket.send(JSON.stringify({ type: "error", message: "end of the test" }));
  await here.seen("error");
  assertEquals(here.events.map(({ kind }) => kind), ["session_updated", "error"]);
});

Deno.test("a binary frame is reported as an error, and the session continues", async () => {
  await using here = await opened("v2");
  await here.socket.send(new Uint8Array([1, 2, 3]));
  await here.socket.send(JSON.stringify({ type: "response.created", response: { id: "r" } }));
  await here.seen("response_created");
  assertEquals(here.events.map(({ kind }) => kind), ["session_updated", "error", "response_created"]);
});

Deno.test("a close frame ends the session, and every later call fails with the same error", async () => {
  await using here = await opened("v2");
  here.socket.close(1000, "");
  await here.socket.closed;
  const isClosed = (error: CulvertError) => error.code === "stream_closed" || error.code === "reset";
  await assertRejects(here.conversation.answer(), isClosed);
  await assertRejects(here.conversation.say("hi"), isClosed);
  await here.conversation.close();
  await here.conversation.close();
});

Deno.test("a failed answer is an error with the code of the server", async () => {
  await using here = await opened("v2");
  const answer = here.conversation.answer();
  const error = { type: "insufficient_quota", code: "insufficient_quota", message: "Pay first." };
  const response = { id: "r", status: "failed", status_details: { type: "failed", error } };
  await here.socket.send(JSON.stringify({ type: "response.done", response }));
  await assertRejects(
    answer,
    (thrown: CulvertError) => thrown.code === "quota" && thrown.message.includes("Pay first"),
  );
});
