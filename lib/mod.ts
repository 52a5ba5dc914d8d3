/**
 * Streams answers from OpenAI's Responses API, over SSE and websocket, also in difficult networks: TLS
 * interception with a private CA, proxies, expired tokens, cut connections.
 *
 * A {@link Client} is configured like the command line: settings from `config.toml`, roots from the system
 * and the company's bundle, proxies and credential from the environment. {@link ClientOptions} override each
 * of these. The examples run against a simulated network (`@culvert/culvert/testing`); your own program omits
 * that line and calls `createClient()`.
 *
 * It needs `--allow-net`, `--allow-read`, and `--allow-env` for the values that it reads from the
 * environment: credential, proxies, bundle. A variable without permission counts as unset. The websocket
 * library reads two variables, `WS_NO_BUFFER_UTIL` and `WS_NO_UTF_8_VALIDATE`; without the permission to read
 * them, turns use SSE.
 *
 * Options are in camel case; the events of a turn are in snake case, because they are the JSON of the API and
 * of the command line. Every failure is a {@link CulvertError}, or a `culvert.result` with the same facts.
 *
 * @example Print an answer as it arrives
 * ```ts
 * import { createClient } from "@culvert/culvert";
 * import { startNetwork } from "@culvert/culvert/testing";
 *
 * await using network = await startNetwork();
 * using client = await createClient({ model: "gpt-6.1-sol" }, network.world);
 *
 * // Printed text cannot be taken back, so a stream that is cut during the text is not retried.
 * for await (const event of client.turn({ input: "Why is the sky blue?" }, { restartAfterText: false })) {
 *   if (event.type === "response.output_text.delta") console.log(event.delta);
 *   if (event.type === "culvert.result" && event.error !== null) throw new Error(event.error.message);
 * }
 * ```
 *
 * @example Get the complete answer
 * ```ts
 * import { createClient, CulvertError } from "@culvert/culvert";
 * import { startNetwork } from "@culvert/culvert/testing";
 *
 * await using network = await startNetwork();
 * using client = await createClient({}, network.world);
 *
 * try {
 *   const turn = client.turn({ input: "Why is the sky blue?", verbosity: "low" });
 *   console.log(await turn.text());
 *   console.log(turn.result?.usage?.total_tokens, "tokens of", turn.result?.model_served);
 * } catch (error) {
 *   // Such as `tls_unknown_issuer`: the attempt, the reason, and the next step.
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
 * @example Make two turns of one conversation over one websocket
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
 * for (const question of ["Name a color.", "And its opposite?"]) {
 *   conversation.push(userMessage(question));
 *   // The whole conversation is passed; over an open websocket only the new items are sent.
 *   const turn = session.turn({ input: [...conversation] });
 *   console.log(await turn.text());
 *   conversation.push(...turn.items);
 * }
 * assertEquals(network.api.handshakes(), 1);
 * ```
 *
 * @example Use a login that the program renews
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
 *     // Called once per turn, when the server refuses the token; the request is then sent again.
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
 * Opens a client with the settings, roots, routes and credential of the command line, unless `options`
 * overrides them. No connection is made yet.
 *
 * @param options values that override environment and `config.toml`
 * @param world replaces parts of the process, such as its environment and clock:
 * `{ env: (name) => variables[name] }`
 * @returns a client, which the caller disposes of
 * @throws CulvertError of configuration, proxy and trust; `usage` if options contradict each other or have other types
 * than declared
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
