import type { TraceContext } from "../../../lib/responses/request/trace_context.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { HELLO, ONCE, readTurn, runScript, stream } from "../kit.ts";
import {
  COMPLETE,
  message,
  says,
  saysAndBreaks,
  socketServer,
  socketSession,
} from "../transport/websocket/websocket_kit.ts";

const SPAN_A = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const SPAN_B = "00-4bf92f3577b34da6a3ce929d0e0e4736-a3ce929d0e0e4736-01";

Deno.test("websocket: each frame contains the span of its own turn, only in its metadata, and the upgrade contains none", async () => {
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl);
  const traces: readonly (TraceContext | undefined)[] = [
    { traceparent: SPAN_A, tracestate: "rojo=1" },
    { traceparent: SPAN_B },
    undefined,
  ];
  for (const trace of traces) await readTurn(session.turn(HELLO, trace === undefined ? {} : { trace }));
  const sent = server.frames.map(({ json: { client_metadata: metadata, trace, traceparent } }) => {
    assert(typeof metadata === "object" && metadata !== null);
    const { ws_request_header_traceparent: parent, ws_request_header_tracestate: state } = Object.fromEntries(
      Object.entries(metadata),
    );
    return [parent, state, trace, traceparent];
  });
  assertEquals(sent, [
    [SPAN_A, "rojo=1", undefined, undefined],
    [SPAN_B, undefined, undefined, undefined],
    [undefined, undefined, undefined, undefined],
  ]);
  assertEquals(server.handshakes.map((headers) => headers.get("traceparent")), [null]);
});

Deno.test("websocket: a request that is sent again has the same span", async () => {
  const [created = {}] = COMPLETE;
  await using server = await socketServer({ replies: [saysAndBreaks([created]), says(COMPLETE)] });
  using session = await socketSession(server.baseUrl);
  await readTurn(session.turn(HELLO, { trace: { traceparent: SPAN_A } }));
  assertEquals(server.frames.map(({ json }) => JSON.stringify(json.client_metadata).includes(SPAN_A)), [
    true,
    true,
  ]);
});

Deno.test("websocket: a turn with another span still sends only the new items", async () => {
  await using server = await socketServer();
  using session = await socketSession(server.baseUrl);
  await readTurn(session.turn(HELLO, { trace: { traceparent: SPAN_A } }));
  const input = [...HELLO.input, message("x", "y")];
  await readTurn(session.turn({ ...HELLO, input }, { trace: { traceparent: SPAN_B } }));
  assertEquals(server.frames[1]?.json.previous_response_id, "resp_1");
});

Deno.test("over SSE the span is in the headers and not in the body", async () => {
  const trace = { traceparent: SPAN_A, tracestate: "rojo=1" };
  const { seen: [request] } = await runScript([stream(COMPLETE)], { options: { trace } });
  assertEquals([request?.headers.get("traceparent"), request?.headers.get("tracestate")], [SPAN_A, "rojo=1"]);
  assert(!JSON.stringify(request?.json).includes(SPAN_A));
});

Deno.test("over SSE without a span no trace header is sent, and a provider's own header is kept", async () => {
  const { seen: [none] } = await runScript([stream(COMPLETE)], { provider: ONCE });
  assertEquals([none?.headers.get("traceparent"), none?.headers.get("tracestate")], [null, null]);
  const headers = { traceparent: SPAN_B };
  const options = { trace: { traceparent: SPAN_A } };
  const { seen: [own] } = await runScript([stream(COMPLETE)], { provider: { headers }, options });
  assertEquals(own?.headers.get("traceparent"), SPAN_B);
});

const WRONG: readonly TraceContext[] = [
  { traceparent: "" },
  { traceparent: SPAN_A.toUpperCase() },
  { traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` },
  { traceparent: `${SPAN_A}\r\nx: y` },
  { traceparent: SPAN_A, tracestate: "a\nb" },
];

for (const trace of WRONG) {
  Deno.test(`a trace that is not a valid header value is refused before anything is sent: ${JSON.stringify(trace)}`, async () => {
    await using server = await socketServer();
    using session = await socketSession(server.baseUrl);
    for (const tools of [{}, { toolFunctions: {} }]) {
      assertThrows(() => session.turn(HELLO, { trace, ...tools }), {
        code: "usage",
        message: /W3C Trace Context/,
      });
    }
  });
}
