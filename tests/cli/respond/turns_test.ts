/** The state between the requests of one run: sticky state, retries, reuse. */
import type { MockApi } from "../../../lib/mock/api/api.ts";
import type { RecordedRequest } from "../../../lib/mock/api/request_log.ts";
import type { Scenario } from "../../../lib/mock/api/scenario.ts";
import type { ResponseEvent } from "../../../lib/responses/events/events.ts";
import { eventOfLine, type Reading, readingOfLines } from "../../responses/turn/reading.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { bench, PLANTED_KEY } from "./kit.ts";
import { homeFor, TRANSPORT_NAMES, type TransportChoice, TRANSPORTS } from "./transport_kit.ts";

const BENCH = await bench();
globalThis.addEventListener("unload", () => void BENCH[Symbol.asyncDispose]());
const API: MockApi = BENCH.api;

interface Run extends Reading {
  readonly code: number;
  readonly stderr: string;
  readonly requests: readonly RecordedRequest[];
  readonly handshakes: number;
}

/** Runs one turn of the program with these scenarios, in order; later requests get a complete answer. */
async function turn(
  transport: TransportChoice,
  scenarios: readonly Scenario[],
  provider: Readonly<Record<string, number>> = {},
): Promise<Run> {
  const { stdout, ...rest } = await run(transport, scenarios, provider, ["hello"]);
  return { ...readingOfLines(stdout), ...rest };
}

async function run(
  transport: TransportChoice,
  scenarios: readonly Scenario[],
  provider: Readonly<Record<string, number>>,
  words: readonly string[],
) {
  API.log.clear();
  const before = API.handshakes();
  API.enqueue(...scenarios);
  const home = await homeFor(API.baseUrl, { provider });
  const args = ["--provider", "mock", "--transport", transport, "-m", "gpt-test", "--json", ...words];
  const { code, stdout, stderr } = await BENCH.respond(args, { env: { CODEX_HOME: home } });
  await Deno.remove(home, { recursive: true });
  assertExcludes(stdout + stderr, PLANTED_KEY);
  return { code, stdout, stderr, requests: API.log.turns, handshakes: API.handshakes() - before };
}

/** So many turns in one run. */
async function turns(
  transport: TransportChoice,
  count: number,
  scenarios: readonly Scenario[],
  provider: Readonly<Record<string, number>> = {},
) {
  const prompts = join(BENCH.directory, `${crypto.randomUUID()}.txt`);
  await Deno.writeTextFile(
    prompts,
    Array.from({ length: count }, (_, index) => `prompt ${index}\n`).join(""),
  );
  const { stdout, ...rest } = await run(transport, scenarios, provider, ["--repeat-from", prompts]);
  const events: ResponseEvent[] = stdout.trimEnd().split("\n").map(eventOfLine);
  return { ...rest, events };
}

/** The state that a request carried, whichever way its transport carries it. */
function stateOf({ transport, headers, json }: RecordedRequest): unknown {
  if (transport === "http") return headers["x-codex-turn-state"];
  const metadata = json?.["client_metadata"];
  return typeof metadata === "object" && metadata !== null && "x-codex-turn-state" in metadata
    ? metadata["x-codex-turn-state"]
    : undefined;
}

const state = (value: string) => ({ headers: { "x-codex-turn-state": value } });
const EARLY_END: Scenario = { ending: { kind: "eof", afterDeltas: 0 } };
/** A response that the server itself gives up, worth another try. */
const BROKEN: Scenario = { ending: { kind: "failed", code: "server_error", message: "x", afterDeltas: 0 } };
const LIMITS = "culvert.rate_limits";

for (const transport of TRANSPORTS) {
  const over = `the program over ${TRANSPORT_NAMES[transport]}`;

  Deno.test(`${over}: the first state of a turn is sent with its retries, and not in the next turn`, async () => {
    const scenarios = [{ ...BROKEN, ...state("ts-1") }, { ...BROKEN, ...state("ts-2") }, {}];
    const { code, requests } = await turns(transport, 2, scenarios, { stream_max_retries: 2 });
    assertEquals([code, requests.map(stateOf)], [0, [undefined, "ts-1", "ts-1", undefined]]);
  });

  Deno.test(`${over}: three turns of one run share the session's ids and have different turn ids`, async () => {
    const { requests, handshakes, events } = await turns(transport, 3, []);
    assertEquals([requests.length, handshakes], [3, transport === "ws" ? 1 : 0]);
    const metadata = requests.map(({ json }) => {
      const value = json?.["client_metadata"];
      assert(typeof value === "object" && value !== null && "turn_id" in value && "session_id" in value);
      return value;
    });
    assertEquals(new Set(metadata.map(({ session_id }) => session_id)).size, 1);
    assertEquals(new Set(metadata.map(({ turn_id }) => turn_id)).size, 3);
    const reused = events.flatMap((event) => event.type === "culvert.connected" ? [event.reused] : []);
    assertEquals(reused, transport === "ws" ? [false, true, true] : reused);
    assertEquals(events.filter(({ type }) => type === "culvert.result").length, 3);
  });

  Deno.test(`${over}: an unrelated second prompt is a complete separate request`, async () => {
    const { requests } = await turns(transport, 2, []);
    assertEquals(requests.map(({ json }) => json?.["previous_response_id"]), [undefined, undefined]);
    assertIncludes(JSON.stringify(requests[1]?.json?.["input"]), "prompt 1");
    assertExcludes(JSON.stringify(requests[1]?.json?.["input"]), "prompt 0");
  });

  Deno.test(`${over}: a failed turn ends the run, and the remaining prompts are not sent`, async () => {
    const refused: Scenario = { refusal: { status: 400, body: { error: { message: "no" } } } };
    const { code, requests, events } = await turns(transport, 3, [{}, refused]);
    assertEquals([code, requests.length], [8, 2]);
    const last = events.at(-1);
    assertEquals(last?.type === "culvert.result" && last.error?.code, "invalid_request");
  });

  Deno.test(`${over}: a stream that closes early sends the same request again, and completes`, async () => {
    const { code, requests, of } = await turn(transport, [EARLY_END], { stream_max_retries: 1 });
    assertEquals([code, requests.length], [0, 2]);
    const [first, second] = requests.map(({ json }) => ({ ...json, client_metadata: undefined }));
    assertEquals(first, second);
    const [retry] = of("culvert.retry");
    assertEquals([retry?.level, retry?.code, retry?.attempt, retry?.max, retry?.discards_output], [
      "stream",
      "stream_closed",
      1,
      1,
      // The item of the answer had been announced.
      true,
    ]);
  });

  Deno.test(`${over}: a turn waits for Retry-After, exact to the millisecond`, async () => {
    const busy: Scenario = { refusal: { status: 503, body: "busy", headers: { "retry-after-ms": "350" } } };
    const { code, of } = await turn(transport, [busy], { request_max_retries: 1, stream_max_retries: 1 });
    assertEquals([code, of("culvert.retry").map(({ delay_ms }) => delay_ms)], [0, [350]]);
  });

  Deno.test(`${over}: a Retry-After of an hour ends the turn`, async () => {
    const busy: Scenario = { refusal: { status: 503, body: "busy", headers: { "retry-after": "3600" } } };
    const { code, requests } = await turn(transport, [busy], {
      request_max_retries: 3,
      stream_max_retries: 3,
    });
    assertEquals([code, requests.length], [7, 1]);
  });

  Deno.test(`${over}: the pauses for a server that keeps failing grow, and each is reported on stderr`, async () => {
    const down: Scenario = { refusal: { status: 500, body: { error: { message: "boom" } } } };
    const { code, requests, of, stderr } = await turn(transport, [down, down, down], {
      request_max_retries: 2,
      stream_max_retries: 2,
    });
    const delays = of("culvert.retry").map(({ delay_ms }) => delay_ms);
    assertEquals([code, requests.length, delays.length], [7, 3, 2]);
    const [first = 0, second = 0] = delays;
    assert(first >= 180 && first <= 220 && second >= 360 && second <= 440, delays.join());
    for (const part of ["retry 1/2 in ", "retry 2/2 in ", "boom"]) assertIncludes(stderr, part);
  });

  Deno.test(`${over}: a reroute of both requests of a turn is reported once, with both names`, async () => {
    const rerouted: Scenario = { servedModel: "gpt-other" };
    const { of, result } = await turn(transport, [{ ...EARLY_END, ...rerouted }, rerouted], {
      stream_max_retries: 1,
    });
    assertEquals(of("culvert.reroute").map(({ from_model, to_model }) => [from_model, to_model]), [
      ["gpt-test", "gpt-other"],
    ]);
    const [warning, ...more] = of("culvert.warning");
    assertEquals(more, []);
    for (const name of ["gpt-test", "gpt-other"]) assertIncludes(warning?.message ?? "", name);
    assertEquals([result.model_requested, result.model_served], ["gpt-test", "gpt-other"]);
  });

  for (const served of ["GPT-TEST", "gpt-test-2026-01-31"]) {
    Deno.test(`${over}: ${served} is not a reroute from gpt-test`, async () => {
      const { of, result } = await turn(transport, [{ servedModel: served }]);
      assertEquals([of("culvert.reroute").length, result.model_served], [0, served]);
    });
  }

  Deno.test(`${over}: rate limits of the API are reported once each and are part of the result`, async () => {
    const { of, result, types } = await turn(transport, [{}]);
    assertEquals(types.filter((type) => type === LIMITS).length, 1);
    assertEquals(result.rate_limits, of(LIMITS).map(({ snapshot }) => snapshot));
    const [limit] = result.rate_limits;
    assertEquals([limit?.primary?.used_percent, limit?.secondary?.window_minutes, limit?.credits?.balance], [
      12.5,
      10_080,
      "17.00",
    ]);
  });

  Deno.test(`${over}: a credential that the server repeats in its refusal is not printed`, async () => {
    const body = { error: { message: `bad key ${PLANTED_KEY} and sk-abcdefghijklmnop` } };
    const { code, stderr } = await turn(transport, [{ refusal: { status: 403, body } }]);
    assertEquals(code, 4);
    assertExcludes(stderr, "sk-abcdefgh");
  });
}

interface EndingRow {
  readonly name: string;
  readonly ending: NonNullable<Scenario["ending"]>;
  readonly transport: TransportChoice;
  readonly exit: number;
  readonly code: string;
}

const ENDINGS: readonly EndingRow[] = [
  {
    name: "closes without an end",
    ending: { kind: "eof", afterDeltas: 0 },
    transport: "ws",
    exit: 5,
    code: "stream_closed",
  },
  {
    name: "closes with a reason",
    ending: { kind: "close", code: 1011, reason: "overloaded", afterDeltas: 0 },
    transport: "ws",
    exit: 5,
    code: "websocket",
  },
  {
    name: "sends a binary frame",
    ending: { kind: "binary", afterDeltas: 0 },
    transport: "ws",
    exit: 5,
    code: "websocket",
  },
  { name: "is cut", ending: { kind: "cut", afterDeltas: 0 }, transport: "ws", exit: 5, code: "reset" },
  {
    name: "goes silent",
    ending: { kind: "stall", afterDeltas: 0 },
    transport: "ws",
    exit: 5,
    code: "idle_timeout",
  },
  {
    name: "answers incomplete",
    ending: { kind: "incomplete", reason: "max_output_tokens" },
    transport: "ws",
    exit: 8,
    code: "incomplete",
  },
];

for (const { name, ending, transport, exit, code } of ENDINGS) {
  Deno.test(`the program over ${TRANSPORT_NAMES[transport]}: a server that ${name} causes exit code ${exit} and ${code}`, async () => {
    const { result, ...run } = await turn(transport, [{ ending }], { stream_idle_timeout_ms: 500 });
    assertEquals(
      [run.code, result.error?.code, result.transport],
      [exit, code, "websocket"],
      JSON.stringify(result.error),
    );
    assertEquals(run.requests.length, 1);
  });
}

const TEXT = "Grüße aus dem Düker: the stream goes under the road. 水";
const CARRIED:
  readonly (readonly [name: string, scenario: Scenario, transports: readonly TransportChoice[]])[] = [
    ["in pieces of one byte", { pieceBytes: 1 }, ["sse"]],
    ["in pieces that cut letters", { pieceBytes: 7 }, ["sse"]],
    ["compressed by a middlebox", { compression: "gzip" }, ["sse"]],
    ["with comments between the events", { comments: true }, ["sse"]],
    ["event by event", { gapMs: 5 }, TRANSPORTS],
    ["after a summary of its reasoning", { reasoning: "First I think." }, TRANSPORTS],
    [
      "behind a call of a tool",
      { items: [{ id: "fc_1", type: "function_call", name: "f", arguments: "{}" }] },
      TRANSPORTS,
    ],
    ["without any word on the model", { servedModel: null }, TRANSPORTS],
  ];

for (const [name, scenario, transports] of CARRIED) {
  for (const transport of transports) {
    Deno.test(`the program over ${TRANSPORT_NAMES[transport]}: an answer ${name} is the same answer`, async () => {
      const { code, of, result } = await turn(transport, [{ text: TEXT, ...scenario }]);
      assertEquals([code, result.status], [0, "completed"]);
      assertEquals(of("response.output_text.delta").map(({ delta }) => delta).join(""), TEXT);
    });
  }
}
