/**
 * The interface of the client for programs that embed culvert.
 *
 * @module
 */
import type { CataloguedModels, ModelsOptions } from "../api/catalogue/model_catalogue.ts";
import type { UploadedFile, UploadOptions } from "../api/files/upload_file.ts";
import type { ImageReply, ImageRequest } from "../api/images.ts";
import type { MemoriesRequest, Memory } from "../api/memories.ts";
import type { SearchReply, SearchRequest } from "../api/search.ts";
import type { ListTasksOptions, TaskPage } from "../api/tasks.ts";
import type { PlanUsage } from "../api/usage.ts";
import type { ExternalAuth } from "../auth/external/external_auth.ts";
import type { Observation } from "../net/observer.ts";
import type { Warning } from "../warning.ts";
import type { ApiKeyFunction } from "../auth/external/api_key_authenticator.ts";
import type { ResponseItem } from "../responses/events/items.ts";
import type { TurnParameters } from "../responses/request/request.ts";
import type { Turn, TurnOptions } from "../responses/turn/turn.ts";

/**
 * Options of a client. All are optional: what is absent comes from the environment and `config.toml`, as for the command
 * line.
 */
export interface ClientOptions {
  /** Secret. Absent: the credential is found as the command line finds it. */
  readonly apiKey?: string | ApiKeyFunction;
  /** A ChatGPT account's tokens, or headers, that the program has and renews itself. Not beside `apiKey`. */
  readonly externalAuth?: ExternalAuth;
  /** A file that holds the key and nothing else. */
  readonly apiKeyFile?: string;
  /** A provider of `config.toml`, or `openai`, `ollama`, `lmstudio`. Default `openai`. */
  readonly provider?: string;
  /** Base of an API, such as `https://api.example.com/v1`. Without `provider` nothing else is known of it: SSE. */
  readonly baseUrl?: string;
  /** A profile of `config.toml`. */
  readonly profile?: string;
  /** For requests that name none. */
  readonly model?: string;
  /** For requests that name none. */
  readonly reasoningEffort?: string;
  /**
   * Default `auto`: the websocket where the provider has one, and SSE once it has failed. The other two never change.
   */
  readonly transport?: "auto" | "sse" | "websocket";
  /**
   * A bundle of certificates to trust beside the roots of the system and of Mozilla: PEM, DER or PKCS#7.
   * Default: `CODEX_CA_CERTIFICATE`, then `SSL_CERT_FILE`.
   */
  readonly caCertFile?: string;
  /** Certificates to trust as PEM text, instead of `caCertFile` and of the two variables. */
  readonly caCertPem?: string;
  /** URL of a proxy, or `none`. Default: `HTTPS_PROXY` and the other proxy variables. */
  readonly proxy?: string;
  /**
   * Whether the server is asked for its own timings. It sends them over a websocket only: see
   * `culvert.server_timings`. Default false.
   */
  readonly serverTimings?: boolean;
  /** Longest `Retry-After` of a server that is waited out, ms. Default 60,000. */
  readonly maxRetryAfterMs?: number;
  /**
   * Returns the value of the header `x-oai-attestation` for one request; `undefined` for none. It is asked for each
   * request of a ChatGPT login to the ChatGPT backend that can carry one. A failure, or a wait of more than 2 s, costs
   * the header alone. Default: the command of `attestation.command`.
   */
  readonly attestation?: (signal: AbortSignal) => Promise<string | undefined>;
  /**
   * Whether traces, metrics and logs are exported to where the `OTEL_*` variables and the table `[otel]` say, as the
   * command line does. Dispose of the client with `await using`, so that what is queued at the end is sent. Default
   * false.
   */
  readonly telemetry?: boolean;
  /**
   * A folder that receives an inference trace of each session: complete requests and answers, without credentials. True
   * for the folder that `CODEX_ROLLOUT_TRACE_ROOT`, or else `root` of `[rollout_trace]`, names; without either none is
   * written. Writing never fails or delays a turn; a trace that cannot be written gives one warning. Dispose of the
   * client with `await using`, so that the ends of the traces are written. Default false.
   */
  readonly inferenceTraces?: string | boolean;
  /** Called with each observation. Must not throw. */
  readonly onObservation?: (observation: Observation) => void;
  /** Called with warnings about configuration and roots. Default: they are ignored. */
  readonly onWarning?: (warning: Warning) => void;
}

/** The request of one turn. What the settings define may be left out. */
export interface ClientRequest extends TurnParameters {
  /** Default: the client's. */
  readonly model?: string;
  /** A message of the user, or the whole conversation. */
  readonly input: string | readonly ResponseItem[];
}

/**
 * A conversation: turns that share ids, a connection and rate limits. One turn at a time is the rule; a second one at the
 * same time uses a connection of its own.
 */
export interface ClientSession extends Disposable {
  /**
   * Makes a turn. Nothing is sent before it is read.
   *
   * @throws CulvertError `usage` when the client is closed
   */
  turn(request: ClientRequest, options?: TurnOptions): Turn;
  /**
   * Opens the websocket and sends what the next turn needs beside its input. Does nothing where the transport is SSE.
   * Resolves when it has ended, successfully or not. There is no need to wait: the next turn does, at most as long as a
   * connection may take.
   *
   * @throws CulvertError `usage` when the client is closed
   */
  prewarm(request?: Omit<ClientRequest, "input">): Promise<void>;
  /**
   * Opens the websocket and sends nothing over it, for a program that does not know its first request yet. Does nothing
   * where the transport is SSE. Resolves when it has ended, successfully or not. There is no need to wait: the next turn
   * does.
   *
   * @throws CulvertError `usage` when the client is closed
   */
  preconnect(): Promise<void>;
  /**
   * Compacts a conversation: returns the items that stand for it in later requests. The next turn goes on with the
   * sticky state of the reply, and the window of the session is counted up.
   *
   * @throws CulvertError of the call; `usage` when the client is closed
   */
  compact(request: ClientRequest, options?: CompactOptions): Promise<readonly ResponseItem[]>;
  /** Closes the connection. A running turn is not ended. */
  close(): void;
}

/** Options of a call. */
export interface CallOptions {
  /** Ends the call. */
  readonly signal?: AbortSignal;
}

/** Options of a compaction. */
export interface CompactOptions extends CallOptions {
  /** The turn that the compaction is a part of. Default: it stands before the next turn. */
  readonly within?: Turn;
}

/** A request whose model may be left out: the model of the client then counts. */
export type WithoutModel<T extends { readonly model: string }> =
  & Omit<T, "model">
  & { readonly model?: string };

/** Calls of the API beside turns. All throw CulvertErrors: of the call, and `usage` when the client is closed. */
export interface ClientCalls {
  /** Returns the model list, from the cache where it is fresh. */
  models(options?: ModelsOptions): Promise<CataloguedModels>;
  /** Returns the rate limits and credits of the plan. Needs a ChatGPT login. */
  usage(options?: CallOptions): Promise<PlanUsage>;
  /** Returns a page of cloud tasks. Needs a ChatGPT login. */
  tasks(options?: ListTasksOptions): Promise<TaskPage>;
  /** Uploads a file of this machine, for `input_file` items. Needs `--allow-read` for it. */
  uploadFile(path: string, options?: UploadOptions): Promise<UploadedFile>;
  /** Makes images, or edits those of the request. */
  images(request: ImageRequest, options?: CallOptions): Promise<ImageReply>;
  /** Searches the web. */
  search(request: WithoutModel<SearchRequest>, options?: CallOptions): Promise<SearchReply>;
  /** Summarises recorded sessions. Without traces nothing is sent. */
  summarizeTraces(request: WithoutModel<MemoriesRequest>, options?: CallOptions): Promise<readonly Memory[]>;
}

/**
 * A client with settings, roots, routes, credential and connections of its own, shared with no other client of the
 * process. Dispose of it after use.
 */
export interface Client extends ClientCalls, Disposable, AsyncDisposable {
  /** The model of requests that name none. */
  readonly model: string;
  /** Id of the provider in force. */
  readonly provider: string;
  /** One line: which roots are trusted, and where they come from. */
  readonly roots: string;
  /** Begins a session. Close it when the client lives longer. */
  session(): ClientSession;
  /**
   * One turn in the client's own session. Nothing is sent before it is read.
   *
   * @throws CulvertError `usage` when the client is closed
   */
  turn(request: ClientRequest, options?: TurnOptions): Turn;
  /**
   * Closes every idle connection. A running turn is not ended: leave its loop, or abort its signal. Telemetry that is
   * still queued is dropped.
   */
  close(): void;
  /**
   * Closes the client, after telemetry that is queued was sent and the ends of inference traces were written; each
   * takes at most 2 s.
   */
  [Symbol.asyncDispose](): Promise<void>;
}
