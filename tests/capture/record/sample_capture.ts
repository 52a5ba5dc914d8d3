/** A capture of a typical session: a refused request, turns over SSE, a websocket, other traffic. */
import { zstdCompressSync } from "node:zlib";
import { bytesOf, pass, record, type Recording } from "./recording_kit.ts";

/** Builds a frame of RFC 6455 §5.2; a client's frames are masked. */
export function frame(
  payload: string | Uint8Array,
  options: { readonly masked: boolean; readonly opcode?: number },
): Uint8Array {
  const data = bytesOf(payload);
  const length = data.length < 126
    ? [data.length]
    : data.length < 65_536
    ? [126, data.length >> 8, data.length & 255]
    : [
      127,
      0,
      0,
      0,
      0,
      data.length >>> 24,
      (data.length >> 16) & 255,
      (data.length >> 8) & 255,
      data.length & 255,
    ];
  const key = [1, 2, 3, 4];
  const [size = 0, ...rest] = length;
  const head = [
    0x80 | (options.opcode ?? 1),
    options.masked ? 0x80 | size : size,
    ...rest,
    ...options.masked ? key : [],
  ];
  const body = options.masked ? data.map((byte, index) => byte ^ (key[index % 4] ?? 0)) : data;
  return new Uint8Array([...head, ...body]);
}

/** Returns one event of an event stream in the format of the API. */
export function event(type: string, fields: object = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

/** Returns a history that grows by a question and a tool result per turn. */
export function historyOf(turn: number): readonly object[] {
  return Array.from({ length: turn + 1 }, (_, index) => [
    {
      type: "message",
      role: "user",
      content: [{
        type: "input_text",
        text: `Question ${index}: why is the build red? ${"context ".repeat(20)}`,
      }],
    },
    ...(index < turn
      ? [{
        type: "function_call_output",
        call_id: `call_${index}`,
        output: `exit 0\n${"log line\n".repeat(40)}`,
      }]
      : []),
  ]).flat();
}

/** The body of a model call. */
export function requestOf(turn: number, more: object = {}): string {
  return JSON.stringify({
    model: "gpt-5",
    instructions: "You are a careful engineer.",
    input: historyOf(turn),
    tools: [{ type: "function", name: "shell", parameters: { type: "object", properties: {} } }],
    stream: true,
    store: false,
    prompt_cache_key: "thread-1",
    client_metadata: { turn: String(turn) },
    ...more,
  });
}

/** The events of an answer. */
export function answerOf(
  turn: number,
  text: readonly string[] = ["Because ", "the ", "test ", "fails."],
): readonly string[] {
  const id = `resp_${turn}`;
  const usage = {
    input_tokens: 1_200 + turn * 300,
    input_tokens_details: { cached_tokens: turn === 0 ? 0 : 1_024 },
    output_tokens: 40,
    output_tokens_details: { reasoning_tokens: 12 },
    total_tokens: 1_240 + turn * 300,
  };
  return [
    event("response.created", { response: { id, model: "gpt-5-2026", status: "in_progress" } }),
    event("response.output_item.added", { output_index: 0, item: { type: "message", id: `msg_${turn}` } }),
    ...text.map((delta) => event("response.output_text.delta", { item_id: `msg_${turn}`, delta })),
    event("response.output_item.done", {
      item: { type: "message", role: "assistant", content: [{ type: "output_text", text: text.join("") }] },
    }),
    event("response.completed", { response: { id, model: "gpt-5-2026", status: "completed", usage } }),
  ];
}

/** Options of {@link recordSession}. */
export interface SessionOptions {
  readonly turns?: number;
  readonly gapMs?: number;
  readonly socket?: boolean;
}

/** Records a session. */
export async function recordSession(options: SessionOptions = {}): Promise<Recording> {
  const recording = await record();
  const { turns = 3, gapMs = 40 } = options;
  const authorization = ["Authorization", "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwZXJzb24ifQ.c2lnbmF0dXJl"];
  pass(recording, {
    url: "https://chatgpt.com/backend-api/codex/models?client_version=0.171.0",
    requestHeaders: [...authorization, "x-codex-installation-id", "f3a1"],
    response: ['{"models":[{"slug":"gpt-5"}]}'],
  });
  recording.clock += 120;
  pass(recording, {
    url: "https://chatgpt.com/backend-api/codex/responses",
    requestHeaders: [...authorization, "Content-Type", "application/json"],
    requestBody: requestOf(0),
    status: 401,
    responseHeaders: ["content-type", "application/json", "x-request-id", "req_401"],
    response: ['{"error":{"code":"token_expired","message":"Your token has expired"}}'],
  });
  recording.clock += 30;
  pass(recording, {
    url: "https://auth.openai.com/oauth/token",
    requestHeaders: ["content-type", "application/json"],
    requestBody: JSON.stringify({
      grant_type: "refresh_token",
      refresh_token: "rt_abcdefghijklmnopqrstuvwxyz0123",
    }),
    response: [JSON.stringify({ access_token: "at_abcdefghijklmnopqrstuvwxyz0123", expires_in: 3600 })],
  });
  for (let turn = 0; turn < turns; turn++) {
    recording.clock += 400;
    pass(recording, {
      url: "https://chatgpt.com/backend-api/codex/responses",
      requestHeaders: [
        ...authorization,
        ...["Content-Type", "application/json", "content-encoding", "zstd", "accept-encoding", "zstd, gzip"],
        ...["x-codex-window-id", "thread-1:0", "originator", "codex_exec"],
      ],
      requestBody: zstdCompressSync(bytesOf(requestOf(turn))),
      responseHeaders: [
        ...[
          "Content-Type",
          "text/event-stream",
          "x-request-id",
          `req_${turn}`,
          "Set-Cookie",
          "__cf_bm=abcdefghijklmnop; Path=/",
        ],
        ...[
          "x-codex-primary-used-percent",
          String(12 + turn),
          "x-codex-primary-window-minutes",
          "300",
          "x-codex-plan-type",
          "pro",
        ],
      ],
      response: answerOf(turn),
      gapMs,
    });
  }
  if (options.socket !== false) passSocket(recording, gapMs);
  pass(recording, {
    url: "https://ab.chatgpt.com/otlp/v1/metrics",
    requestBody: new Uint8Array([0x0a, 0xff, 0xfe, 0x01]),
    requestHeaders: ["statsig-api-key", "client-0123456789abcdef"],
    responseHeaders: ["content-type", "application/json"],
    response: ["{}"],
  });
  return recording;
}

/** A websocket with a prewarm request and a turn. */
function passSocket(recording: Recording, gapMs: number): void {
  const tap = recording.recorder.tap({ exchangeId: 900, connectionId: 900 });
  const server = (text: string, gap = gapMs) =>
    tap.bytes("response", frame(text, { masked: false }), recording.clock += gap);
  const dataOf = (text: string) => text.slice(text.indexOf("data: ") + 6).trim();
  tap.head({
    direction: "request",
    at: ++recording.clock,
    method: "GET",
    url: "https://chatgpt.com/backend-api/codex/responses",
    rawHeaders: [
      "Upgrade",
      "websocket",
      "Connection",
      "Upgrade",
      "openai-beta",
      "responses_websockets=2026-02-06",
      "Authorization",
      "Bearer sk-proj-abcdefghijklmnop0123456789",
    ],
  });
  tap.upgrade({
    direction: "response",
    at: recording.clock += 30,
    status: 101,
    reason: "Switching Protocols",
    rawHeaders: ["Upgrade", "websocket", "x-request-id", "req_ws"],
  });
  const calls = [
    {
      type: "response.create",
      generate: false,
      model: "gpt-5",
      input: [{ type: "message", role: "developer", content: "base prompt" }],
    },
    {
      type: "response.create",
      model: "gpt-5",
      previous_response_id: "resp_10",
      input: [{ type: "message", role: "user", content: "go on" }],
    },
  ];
  for (const [index, call] of calls.entries()) {
    tap.bytes("request", frame(JSON.stringify(call), { masked: true }), recording.clock += 200);
    for (const text of answerOf(10 + index)) server(dataOf(text));
  }
  tap.bytes("response", frame(new Uint8Array([1, 2, 3]), { masked: false, opcode: 2 }), ++recording.clock);
  tap.end({ direction: "request", at: ++recording.clock, outcome: "complete" });
  tap.end({ direction: "response", at: ++recording.clock, outcome: "complete" });
}
