import type { Identity } from "../../../lib/responses/request/identity.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { HELLO, readTurn } from "../kit.ts";
import { socketServer, socketSession } from "../transport/websocket/websocket_kit.ts";

const IDENTITY: Identity = { originator: "culvert", sessionId: "s-1", threadId: "t-2" };

interface Row {
  readonly name: string;
  readonly identity: Partial<Identity>;
  /** Of the upgrade, and the same in the metadata of the frame. */
  readonly headers: Readonly<Record<string, string | null>>;
  /** In the turn's metadata. */
  readonly turn: Readonly<Record<string, unknown>>;
}

const ROWS: readonly Row[] = [
  {
    name: "an ordinary thread has window 0, no parent and no kind of helper",
    identity: {},
    headers: { "x-codex-window-id": "t-2:0", "x-codex-parent-thread-id": null, "x-openai-subagent": null },
    turn: { window_id: "t-2:0", parent_thread_id: undefined, subagent_kind: undefined },
  },
  {
    name: "a compacted thread has the next window",
    identity: { window: 1 },
    headers: { "x-codex-window-id": "t-2:1" },
    turn: { window_id: "t-2:1" },
  },
  {
    name: "a spawned thread has a parent, a kind and its own window",
    identity: { parentThreadId: "t-1", subagent: "collab_spawn" },
    headers: {
      "x-codex-window-id": "t-2:0",
      "x-codex-parent-thread-id": "t-1",
      "x-openai-subagent": "collab_spawn",
    },
    turn: { parent_thread_id: "t-1", subagent_kind: "thread_spawn" },
  },
  {
    name: "a review has its kind",
    identity: { subagent: "review" },
    headers: { "x-openai-subagent": "review" },
    turn: { subagent_kind: "review" },
  },
];

for (const { name, identity, headers, turn } of ROWS) {
  Deno.test(`websocket: ${name}`, async () => {
    await using server = await socketServer();
    using session = await socketSession(server.baseUrl, { identity: { ...IDENTITY, ...identity } });
    await readTurn(session.turn(HELLO));
    const metadata = server.frames[0]?.json.client_metadata;
    assert(typeof metadata === "object" && metadata !== null);
    const entries = new Map(Object.entries(metadata));
    for (const [key, value] of Object.entries(headers)) {
      assertEquals([server.handshakes[0]?.get(key), entries.get(key) ?? null], [value, value]);
    }
    for (
      const text of [server.handshakes[0]?.get("x-codex-turn-metadata"), entries.get("x-codex-turn-metadata")]
    ) {
      const parsed: Record<string, unknown> = JSON.parse(String(text));
      for (const [key, value] of Object.entries(turn)) assertEquals(parsed[key], value);
    }
  });
}
