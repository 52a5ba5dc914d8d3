import { connect, type Connection } from "../../../lib/connect/connect.ts";
import { loadSettings } from "../../../lib/config/load_settings.ts";
import type { CulvertError } from "../../../lib/errors.ts";
import { type MockApi, startMockApi } from "../../../lib/mock/api/api.ts";
import { callIdIn } from "../../../lib/realtime/call/call_id.ts";
import { createCall } from "../../../lib/realtime/call/create_call.ts";
import { RealtimeConversation } from "../../../lib/realtime/conversation/conversation.ts";
import type { RealtimeVersion } from "../../../lib/realtime/protocol/protocol_version.ts";
import { processWorld } from "../../../lib/cli/app/process.ts";
import { assertEquals, assertIncludes, assertRejects, assertThrows } from "../../support/assert.ts";

const OFFER = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

interface Scene extends AsyncDisposable {
  readonly api: MockApi;
  readonly connection: Connection;
}

/** @param path of the base URL: `/v1`, or `/backend-api/codex` */
async function scene(path = "/v1"): Promise<Scene> {
  const api = await startMockApi();
  const home = await Deno.makeTempDir({ prefix: "culvert-call-" });
  const variables: Readonly<Record<string, string>> = {
    OPENAI_API_KEY: "sk-any-0123456789abcdef",
    CODEX_HOME: home,
  };
  const world = { ...processWorld(), env: (name: string) => variables[name] };
  const settings = await loadSettings({
    baseUrl: api.origin + path,
    overrides: [`experimental_realtime_ws_base_url="${api.baseUrl}"`],
  }, world);
  const connection = await connect(settings, world, { caCertPem: api.authority.certificate });
  return {
    api,
    connection,
    [Symbol.asyncDispose]: async () => {
      await connection[Symbol.asyncDispose]();
      await api.close();
      await Deno.remove(home, { recursive: true });
    },
  };
}

function session(version: RealtimeVersion) {
  return { mode: "conversation", version, instructions: "Be brief." } as const;
}

Deno.test("an offer without a session is posted as SDP", async () => {
  await using here = await scene();
  const call = await createCall(here.connection, { sdp: OFFER });
  const [seen] = here.api.realtime.calls;
  assertEquals([seen?.form, seen?.sdp, seen?.search], ["sdp", OFFER, ""]);
  assertEquals(call.callId, seen?.id);
  assertIncludes(call.sdp, "m=audio");
  const [request] = here.api.log.all;
  assertEquals([request?.path, request?.headers["content-type"]], ["/v1/realtime/calls", "application/sdp"]);
});

const ROWS:
  readonly (readonly [base: string, version: RealtimeVersion, path: string, form: string, search: string])[] =
    [
      ["/v1", "v1", "/v1/realtime/calls", "multipart", "?intent=quicksilver&architecture=avas"],
      ["/v1", "v3", "/v1/live", "multipart", ""],
      [
        "/backend-api/codex",
        "v1",
        "/backend-api/codex/realtime/calls",
        "json",
        "?intent=quicksilver&architecture=avas",
      ],
      [
        "/backend-api/codex",
        "v3",
        "/backend-api/codex/realtime/calls",
        "json",
        "?intent=quicksilver&architecture=avas",
      ],
    ];

for (const [base, version, path, form, search] of ROWS) {
  Deno.test(`a call of ${version} at ${base} is posted to ${path} as ${form} with the query "${search}"`, async () => {
    await using here = await scene(base);
    await createCall(here.connection, { sdp: OFFER, session: session(version), model: "m" });
    const [seen] = here.api.realtime.calls;
    assertEquals([seen?.form, seen?.search, seen?.sdp], [form, search, OFFER]);
    assertEquals(seen?.session?.["model"], "m");
    assertEquals(seen?.session?.["id"], undefined);
    assertEquals(here.api.log.all[0]?.path, path);
  });
}

Deno.test("the form of a call has the exact boundary, order and line ends of the protocol", async () => {
  await using here = await scene();
  await createCall(here.connection, { sdp: OFFER, session: session("v1"), model: "m" });
  const [request] = here.api.log.all;
  assertEquals(
    request?.headers["content-type"],
    "multipart/form-data; boundary=codex-realtime-call-boundary",
  );
  const body = new TextDecoder().decode(request?.bytes);
  const [sdp = "", json = "", end] = body.split("--codex-realtime-call-boundary").slice(1);
  assertEquals(
    sdp,
    `\r\nContent-Disposition: form-data; name="sdp"\r\nContent-Type: application/sdp\r\n\r\n${OFFER}\r\n`,
  );
  assertIncludes(json, `name="session"\r\nContent-Type: application/json\r\n\r\n{"type":"quicksilver"`);
  assertEquals(end, "--\r\n");
});

Deno.test("a call of v2 is refused without a request", async () => {
  await using here = await scene();
  await assertRejects(
    createCall(here.connection, { sdp: OFFER, session: session("v2") }),
    (error: CulvertError) => error.code === "usage",
  );
  assertEquals(here.api.log.all.length, 0);
});

Deno.test("an offer that the server refuses fails with the server's message", async () => {
  await using here = await scene();
  await assertRejects(
    createCall(here.connection, { sdp: "not sdp" }),
    (error: CulvertError) => error.code === "invalid_request" && error.message.includes("no valid SDP offer"),
  );
});

for (
  const [location, id] of [
    ["/v1/realtime/calls/rtc_abc?x=rtc_no", "rtc_abc"],
    ["https://example.com/backend-api/calls/rtc_abc/forwarded/path", "rtc_abc"],
    ["/v1/live/0190d6a3-1f6b-7c3d-9a52-3b1c5d7e9f01", "0190d6a3-1f6b-7c3d-9a52-3b1c5d7e9f01"],
  ] as const
) {
  Deno.test(`the call id in ${location} is ${id}`, () => assertEquals(callIdIn(location), id));
}

Deno.test("an answer without a call id is an error that names the cause", () => {
  const says = (text: string) => (error: CulvertError) =>
    error.code === "response_failed" && error.message.includes(text);
  assertThrows(() => callIdIn(null), says("has no Location header"));
  assertThrows(() => callIdIn("/v1/realtime/calls/rtc_"), says("has no call id"));
  assertThrows(() => callIdIn(""), says("has no call id"));
});

Deno.test("joining a call that the server does not know yet is retried", async () => {
  await using here = await scene();
  const { callId } = await createCall(here.connection, { sdp: OFFER, session: session("v1") });
  const unknown = { status: 404, body: { error: { message: "No session found for the provided call_id." } } };
  here.api.enqueueHandshake({ kind: "refuse", refusal: unknown }, { kind: "refuse", refusal: unknown });
  const request = { session: session("v1"), callId };
  await using conversation = await RealtimeConversation.open(here.connection, request, { event: () => {} });
  await conversation.close();
  assertEquals(here.api.handshakes(), 3);
  assertEquals(here.api.realtime.sessions[0]?.search, `?intent=quicksilver&call_id=${callId}`);
});
