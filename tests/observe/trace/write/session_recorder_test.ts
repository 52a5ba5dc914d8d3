/** The records of a session in its trace: one end for each call and each turn, in any order. */
import type { CallTrace, TurnTrace } from "../../../../lib/responses/request/inference_trace.ts";
import { startTraces } from "../../../../lib/observe/trace/write/start_traces.ts";
import { CulvertError } from "../../../../lib/errors.ts";
import { Secrets } from "../../../../lib/redaction/secrets.ts";
import { assertEquals } from "../../../support/assert.ts";
import { worldWith } from "../../../net/kit.ts";
import { folder, type ReadTrace, readTrace } from "./kit.ts";

const THREAD = { threadId: "thread-1", originator: "test", provider: "test" };
const REQUEST = { model: "gpt-test", input: [] };
const BODY = { body: { model: "gpt-test", input: [] } };
const COMPLETED = { kind: "completed", responseId: "resp_1", usage: null } as const;

interface Session {
  readonly trace: ReturnType<ReturnType<typeof startTraces>["start"]>;
  readonly turn: (turnId?: string) => TurnTrace;
  readonly attempt: (turn: TurnTrace, signal?: AbortSignal) => CallTrace;
}

async function recorded(use: (session: Session) => void, check: (trace: ReadTrace) => void): Promise<void> {
  await using root = await folder();
  const traces = startTraces({
    settings: { root: root.path, maxBytes: 1_000_000, keepDays: 0, keepBytes: 0 },
    world: { ...worldWith(), home: () => "/" },
    secrets: new Secrets(),
    warn: ({ message }) => {
      throw new Error(message);
    },
  });
  const trace = traces.start(THREAD);
  use({
    trace,
    turn: (turnId = "turn-1") => trace.turn({ turnId, request: REQUEST, providerName: "Test" }),
    attempt: (turn, signal = new AbortController().signal) => turn.attempt("sse", signal),
  });
  await traces.close(5_000);
  check(await readTrace(root.path));
}

const ends = (trace: ReadTrace) => trace.types.filter((type) => /^inference_(?!started)/.test(type));

Deno.test("the first end of a call counts, later ones are ignored", async () => {
  await recorded(({ attempt, turn }) => {
    const stop = new AbortController();
    const call = attempt(turn(), stop.signal);
    call.begin();
    call.sending(BODY);
    call.end(COMPLETED);
    call.end({ kind: "failed", error: "late" });
    stop.abort();
    call.end({ kind: "cancelled" });
  }, (trace) => assertEquals(ends(trace), ["inference_completed"]));
});

Deno.test("neither a call whose request was not sent nor its end is recorded", async () => {
  await recorded(({ attempt, turn }) => {
    const one = turn();
    attempt(one).end({ kind: "failed", error: "no connection" });
    const call = attempt(one);
    call.begin();
    call.end({ kind: "failed", error: "no connection" });
    one.end({ status: "failed", error: new CulvertError("connect", "No connection"), isContinued: false });
  }, (trace) => {
    assertEquals(trace.types.filter((type) => type.startsWith("inference_")), []);
    assertEquals(trace.one("codex_turn_ended").status, "failed");
  });
});

Deno.test("a request that is sent again over a new connection is a separate call", async () => {
  const ids: string[] = [];
  await recorded(({ attempt, turn }) => {
    const call = attempt(turn());
    for (let sent = 0; sent < 2; sent++) {
      ids.push(call.begin());
      call.sending(BODY);
    }
    call.end(COMPLETED);
  }, (trace) => {
    assertEquals(trace.all("inference_started").map((event) => event.inference_call_id), ids);
    assertEquals(trace.one("inference_failed").inference_call_id, ids[0]);
    assertEquals(trace.one("inference_completed").inference_call_id, ids[1]);
  });
});

Deno.test("an aborted signal cancels a call immediately, with the items that are complete at that moment", async () => {
  const item = { type: "message", id: "msg_1", role: "assistant", content: [] };
  const items = [item];
  await recorded(({ attempt, turn }) => {
    const stop = new AbortController();
    const call = attempt(turn(), stop.signal);
    call.begin();
    call.sending(BODY);
    call.reading({ isReused: undefined, httpStatus: 200, upstreamRequestId: "req_1", items: () => items });
    stop.abort();
    items.push({ ...item, id: "msg_2" });
    call.end(COMPLETED);
  }, (trace) => {
    const cancelled = trace.one("inference_cancelled");
    assertEquals(cancelled.upstream_request_id, "req_1");
    assertEquals(trace.all("history_item_accepted").map((event) => event.item_id), ["msg_1"]);
  });
});

Deno.test("a turn that ends during a call cancels it, and ends once", async () => {
  await recorded(({ attempt, turn }) => {
    const one = turn();
    const call = attempt(one);
    call.begin();
    call.sending(BODY);
    one.end({ status: "cancelled", isContinued: false });
    one.end({ status: "completed", isContinued: false });
  }, (trace) => {
    assertEquals(ends(trace), ["inference_cancelled"]);
    assertEquals(trace.one("codex_turn_ended").status, "cancelled");
  });
});

Deno.test("a trace that is closed during a turn ends after that turn", async () => {
  await recorded(({ attempt, trace, turn }) => {
    const one = turn();
    trace.close();
    const call = attempt(one);
    call.begin();
    call.sending(BODY);
    call.end(COMPLETED);
    one.end({ status: "completed", isContinued: false });
  }, (trace) => {
    assertEquals(trace.types.slice(-5), [
      "inference_completed",
      "codex_turn_ended",
      "thread_ended",
      "rollout_ended",
      "recording_completed",
    ]);
  });
});

Deno.test("a turn that continues with the outputs of tools is started and ended once", async () => {
  await recorded(({ turn }) => {
    turn().end({ status: "completed", isContinued: true });
    turn().end({ status: "completed", isContinued: false });
    turn("turn-2").end({ status: "completed", isContinued: true });
  }, (trace) => {
    const turns = trace.events.flatMap((event) =>
      event.type === "codex_turn_started" || event.type === "codex_turn_ended"
        ? [`${event.type} ${event.codex_turn_id}`]
        : []
    );
    assertEquals(turns, [
      "codex_turn_started turn-1",
      "codex_turn_ended turn-1",
      "codex_turn_started turn-2",
      "codex_turn_ended turn-2",
    ]);
  });
});
