import { assertEquals } from "../../support/assert.ts";
import { HELLO, readTurn } from "../kit.ts";
import {
  COMPLETE,
  runSocket,
  says,
  socketServer,
  socketSession,
} from "../transport/websocket/websocket_kit.ts";

const HEADER = "x-responsesapi-include-timing-metrics";
const METRICS = {
  responses_duration_excl_engine_and_client_tool_time_ms: 120,
  engine_service_total_ms: 450,
  engine_iapi_ttft_total_ms: 300,
  engine_service_ttft_total_ms: 280,
  engine_iapi_tbt_across_engine_calls_ms: 12.5,
  engine_service_tbt_across_engine_calls_ms: 11.25,
};
const timing = (metrics: unknown) => ({ type: "responsesapi.websocket_timing", timing_metrics: metrics });
const [CREATED = {}, COMPLETED = {}] = COMPLETE;

Deno.test("websocket: a session with server timings enabled requests them on the upgrade and reports them", async () => {
  const script = { replies: [says([CREATED, timing(METRICS), COMPLETED])] };
  const { of, types, server } = await runSocket(script, { serverTimings: true });
  assertEquals(server.handshakes[0]?.get(HEADER), "true");
  assertEquals(of("culvert.server_timings"), [{
    type: "culvert.server_timings",
    overhead_ms: 120,
    inference_ms: 450,
    api_first_token_ms: 300,
    engine_first_token_ms: 280,
    api_token_gap_ms: 12.5,
    engine_token_gap_ms: 11.25,
  }]);
  // The event itself is passed on after them, like every other event.
  assertEquals(types.slice(types.indexOf("culvert.server_timings")), [
    "culvert.server_timings",
    "responsesapi.websocket_timing",
    "response.completed",
    "culvert.result",
  ]);
});

Deno.test("websocket: a session with server timings disabled does not request them", async () => {
  const { server } = await runSocket({});
  assertEquals(server.handshakes[0]?.has(HEADER), false);
});

Deno.test("websocket: a preconnect requests the server timings too", async () => {
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl, { serverTimings: true });
  await session.preconnect();
  assertEquals(server.handshakes[0]?.get(HEADER), "true");
});

const ODD: readonly (readonly [name: string, metrics: unknown, told: number])[] = [
  ["no object", "fast", 0],
  ["empty", {}, 0],
  ["of the wrong types", { engine_service_total_ms: "450", engine_iapi_ttft_total_ms: -1 }, 0],
  ["incomplete", { engine_service_total_ms: 450 }, 1],
];

for (const [name, metrics, told] of ODD) {
  Deno.test(`websocket: timings that are ${name} do not fail the turn and are reported ${told} times`, async () => {
    const { of, result } = await runSocket({ replies: [says([CREATED, timing(metrics), COMPLETED])] });
    const events = of("culvert.server_timings");
    assertEquals([result.status, events.length], ["completed", told]);
    if (told > 0) assertEquals([events[0]?.inference_ms, events[0]?.overhead_ms], [450, null]);
  });
}

Deno.test("websocket: timings after the end of a response are not reported for the next one", async () => {
  await using server = await socketServer({
    replies: [says(COMPLETE), says([timing(METRICS), ...COMPLETE])],
  });
  using session = await socketSession(server.baseUrl);
  for (let turn = 0; turn < 2; turn++) {
    const { of } = await readTurn(session.turn(HELLO));
    assertEquals(of("culvert.server_timings"), []);
  }
});
