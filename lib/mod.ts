/**
 * Streams answers from OpenAI's Responses API, over SSE and websocket, from places where that is hard: networks
 * that intercept TLS with a private CA, proxies, tokens that expire, connections that are cut.
 *
 * A {@link Client} finds its way as the command line does: settings from `config.toml`, roots from the system and
 * from the company's bundle, proxies and credential from the environment. {@link ClientOptions} overrule any of
 * it. The examples run against a simulated network (`@culvert/culvert/testing`); a program of your own leaves
 * that line out and calls `createClient()`.
 *
 * It needs `--allow-net`, `--allow-read`, and `--allow-env` for what it is to find in the environment: credential,
 * proxies, bundle. A variable that may not be read counts as unset. The websocket's library reads two of its own,
 * `WS_NO_BUFFER_UTIL` and `WS_NO_UTF_8_VALIDATE`; without them turns take SSE.
 *
 * What a program says is in camel case; what a turn yields is in snake case, because it is the API's JSON and
 * that of the command line. Whatever fails is a {@link CulvertError}, or a `culvert.result` that holds the same
 * facts.
 *
 * @example Print an answer as it arrives
 * ```ts
 * import { createClient } from "@culvert/culvert";
 * import { startNetwork } from "@culvert/culvert/testing";
 *
 * await using network = await startNetwork();
 * using client = await createClient({ model: "gpt-6.1-sol" }, network.world);
 *
 * // What is printed cannot be taken back, so a stream that breaks amid the text is not started over.
 * for await (const event of client.turn({ input: "Why is the sky blue?" }, { restartAfterText: false })) {
 *   if (event.type === "response.output_text.delta") console.log(event.delta);
 *   if (event.type === "culvert.result" && event.error !== null) throw new Error(event.error.message);
 * }
 * ```
 *
 * @example The answer as a whole
 * ```ts
 * import { createClient, CulvertError } from "@culvert/culvert";
 * import { startNetwork } from "@culvert/culvert/testing";
 *
 * await using network = await startNetwork();
 * using client = await createClient({}, network.world);
 *
 * try {
 *   const answer = await client.turn({ input: "Why is the sky blue?", verbosity: "low" }).text();
 *   console.log(answer.split(/\s+/).length, "words");
 * } catch (error) {
 *   // Such as `tls_unknown_issuer`: what was attempted, what went wrong, what to do next.
 *   if (error instanceof CulvertError) console.error(error.code, error.message, error.hint);
 *   throw error;
 * }
 * ```
 *
 * @example Stop with a signal
 * ```ts
 * import { strictEqual as assertEquals } from "node:assert";
 * import { createClient } from "@culvert/culvert";
 * import { startNetwork } from "@culvert/culvert/testing";
 *
 * await using network = await startNetwork();
 * network.api.enqueue({ manyDeltas: 10_000, gapMs: 5 }); // an answer that takes a minute
 * using client = await createClient({}, network.world);
 *
 * let status: string | undefined;
 * const stop = new AbortController();
 * for await (const event of client.turn({ input: "Tell me everything" }, { signal: stop.signal })) {
 *   if (event.type === "response.output_text.delta") stop.abort();
 *   if (event.type === "culvert.result") status = event.status;
 * }
 * assertEquals(status, "interrupted");
 * // Leaving the loop early has the same effect: the request is cancelled and the server stops.
 * ```
 *
 * @example Two turns of one conversation, over one websocket
 * ```ts
 * import { strictEqual as assertEquals } from "node:assert";
 * import { createClient, type ResponseItem, userMessage } from "@culvert/culvert";
 * import { startNetwork } from "@culvert/culvert/testing";
 *
 * await using network = await startNetwork();
 * using client = await createClient({ transport: "websocket" }, network.world);
 * using session = client.session();
 *
 * const conversation: ResponseItem[] = [];
 * for (const question of ["Name a colour.", "And its opposite?"]) {
 *   conversation.push(userMessage(question));
 *   // The whole conversation is given; over a kept websocket only what is new is sent.
 *   const turn = session.turn({ input: [...conversation] });
 *   console.log(await turn.text());
 *   conversation.push(...turn.items);
 * }
 * assertEquals(network.api.handshakes(), 1);
 * ```
 *
 * @example A login that the program has and renews itself
 * ```ts
 * import { strictEqual as assertEquals } from "node:assert";
 * import { createClient } from "@culvert/culvert";
 * import { startNetwork } from "@culvert/culvert/testing";
 *
 * await using network = await startNetwork({ api: { accepts: (token) => token === "second" } });
 * let accessToken = "first";
 * using client = await createClient({
 *   externalAuth: {
 *     resolve: () => ({ kind: "tokens", accessToken, accountId: "account-1" }),
 *     // Called once a turn, when the server refuses the token; the request is then sent again.
 *     refresh: () => {
 *       accessToken = "second";
 *       return { kind: "tokens", accessToken, accountId: "account-1" };
 *     },
 *   },
 * }, network.world);
 *
 * await client.turn({ input: "Why is the sky blue?" }).text();
 * assertEquals(accessToken, "second");
 * ```
 *
 * @example Count requests, events, retries and tokens
 * ```ts
 * import { strictEqual as assertEquals } from "node:assert";
 * import { createClient, RuntimeSummary } from "@culvert/culvert";
 * import { startNetwork } from "@culvert/culvert/testing";
 *
 * await using network = await startNetwork();
 * const summary = new RuntimeSummary();
 * using client = await createClient({ transport: "sse", onObservation: summary.observe }, network.world);
 *
 * await client.turn({ input: "Why is the sky blue?" }).text();
 * const { requests, time_to_first_output_ms, tokens } = summary.figures();
 * console.log(time_to_first_output_ms, "ms to the first output,", tokens?.total, "tokens");
 * assertEquals(requests.count, 1);
 * ```
 *
 * @module
 */
import { processWorld } from "./cli/app/process.ts";
import { openClient } from "./client/client.ts";
import type { Client, ClientOptions } from "./client/client_types.ts";
import type { World } from "./world/world.ts";

/**
 * Opens a client: settings, roots, routes and credential as the command line finds them, unless `options`
 * says otherwise. No connection is made yet.
 *
 * @param options what is known better than by environment and `config.toml`
 * @param world replaces parts of the process, such as its environment and clock:
 *   `{ env: (name) => variables[name] }`
 * @returns a client, to be disposed of
 * @throws CulvertError of configuration, proxy and trust
 */
export function createClient(options: ClientOptions = {}, world: Partial<World> = {}): Promise<Client> {
  return openClient(options, { ...processWorld(), ...world });
}

export type {
  CallOptions,
  Client,
  ClientCalls,
  ClientOptions,
  ClientRequest,
  ClientSession,
  CompactOptions,
  WithoutModel,
} from "./client/client_types.ts";
export type { CataloguedModels, ModelRefresh, ModelsOptions } from "./api/catalogue/model_catalogue.ts";
export type { Model, ModelList } from "./api/models.ts";
export type { PlanUsage, UsageLimit } from "./api/usage.ts";
export type { CloudTask, ListTasksOptions, TaskPage } from "./api/tasks.ts";
export type { UploadedFile, UploadOptions } from "./api/files/upload_file.ts";
export type { ImageReply, ImageRequest } from "./api/images.ts";
export type {
  SearchCommands,
  SearchQuery,
  SearchReply,
  SearchRequest,
  SearchSettings,
} from "./api/search.ts";
export type { MemoriesRequest, Memory, MemoryTrace } from "./api/memories.ts";
export type { ExternalAuth, ExternalCredential, ExternalRefresh } from "./auth/external/external_auth.ts";
export type { ApiKeyFunction } from "./auth/external/api_key_authenticator.ts";
export type { Turn, TurnOptions } from "./responses/turn/turn.ts";
export type { ToolCall, ToolFunction } from "./responses/turn/tools/tool_call.ts";
export type { TraceContext } from "./responses/request/trace_context.ts";
export type { TurnParameters } from "./responses/request/request.ts";
export type * from "./responses/events/events.ts";
export type * from "./responses/events/items.ts";
export { isFunctionCall, isMessage, outputText, userMessage } from "./responses/events/items.ts";
export {
  CulvertError,
  type CulvertErrorOptions,
  type DetailValue,
  ERROR_CODES,
  type ErrorCode,
  EXIT,
  type ExitStatus,
} from "./errors.ts";
export type {
  AgentIds,
  CallerFacts,
  ConnectObservation,
  EnvironmentFacts,
  EventRun,
  EventsObservation,
  HeadersObservation,
  NetworkFacts,
  NetworkObservation,
  NoteObservation,
  Observation,
  Observer,
  RecoveryObservation,
  RequestFacts,
  RequestObservation,
  ResponseObservation,
  ServerEvidence,
  TlsObservation,
} from "./net/observer.ts";
export type {
  FallbackObservation,
  InputSize,
  ObservedRateLimit,
  ObservedServerTimings,
  ObservedUsage,
  ObservedWindow,
  RetryObservation,
  TraceHeaders,
  TurnObservation,
  TurnSpans,
} from "./net/turn_observation.ts";
export { RuntimeSummary } from "./observe/summary/runtime_summary.ts";
export type {
  CountAndTime,
  RateLimitFigures,
  RuntimeFigures,
  ServerFigures,
  TokenFigures,
  WindowFigures,
} from "./observe/summary/figures.ts";
export type { Warning } from "./warning.ts";
export type { Environment, EnvironmentFile, EnvironmentLayers, World } from "./world/world.ts";
