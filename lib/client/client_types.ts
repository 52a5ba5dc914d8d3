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
 * Options of a client. All are optional: the default values are read from the environment and `config.toml`,
 * as by the command line.
 */
export interface ClientOptions {
  /** Secret. Default: the credential that the command line would use. */
  readonly apiKey?: string | ApiKeyFunction;
  /**
   * Tokens of a ChatGPT account, or headers, that the program owns and renews. Not together with `apiKey`.
   */
  readonly externalAuth?: ExternalAuth;
  /** A file that contains only the key. */
  readonly apiKeyFile?: string;
  /**
   * A provider of `config.toml`, or `openai`, `ollama`, `lmstudio`, `demo`. Default `openai`. `demo` starts a simulated
   * network on loopback, which needs the permission to write a temporary folder; it is stopped with the client.
   */
  readonly provider?: string;
  /**
   * Base of an API, such as `https://api.example.com/v1`. Without `provider` the SSE transport is used,
   * because nothing else is known about the server.
   */
  readonly baseUrl?: string;
  /** A profile of `config.toml`. */
  readonly profile?: string;
  /** The model of requests that name none. */
  readonly model?: string;
  /** The reasoning effort of requests that name none. */
  readonly reasoningEffort?: string;
  /**
   * Default `auto`: the websocket if the provider has one, and SSE after it has failed. The other two never
   * change.
   */
  readonly transport?: "auto" | "sse" | "websocket";
  /**
   * A bundle of certificates to trust in addition to the roots of the system and of Mozilla: PEM, DER or
   * PKCS#7. Default: `CODEX_CA_CERTIFICATE`, then `SSL_CERT_FILE`.
   */
  readonly caCertFile?: string;
  /** Certificates to trust as PEM text, instead of `caCertFile` and of the two variables. */
  readonly caCertPem?: string;
  /**
   * A PEM file with the certificate to present to servers and proxies that request one. Requires `clientKeyFile`.
   * Default: `CULVERT_CLIENT_CERT`, then the table of the provider.
   */
  readonly clientCertFile?: string;
  /** A PEM file with the key of that certificate, not encrypted. It may be the same file. */
  readonly clientKeyFile?: string;
  /** URL of a proxy, or `none`. Default: `HTTPS_PROXY` and the other proxy variables. */
  readonly proxy?: string;
  /**
   * Whether the server's own timings are requested. It sends them only over a websocket: see
   * `culvert.server_timings`. Default false.
   */
  readonly serverTimings?: boolean;
  /** Longest `Retry-After` of a server that a turn waits for, ms. Default 60,000. */
  readonly maxRetryAfterMs?: number;
  /**
   * Returns the value of the header `x-oai-attestation` for one request; `undefined` for none. It is called
   * for each request of a ChatGPT login to an endpoint of the ChatGPT backend that accepts one. After a
   * failure, or a wait of more than 2 s, the request is sent without the header. Default: the command of
   * `attestation.command`.
   */
  readonly attestation?: (signal: AbortSignal) => Promise<string | undefined>;
  /**
   * Whether traces, metrics and logs are exported to the destinations in the `OTEL_*` variables and the table
   * `[otel]`, as by the command line. Dispose of the client with `await using`, so that queued records are
   * sent at the end. Default false.
   */
  readonly telemetry?: boolean;
  /**
   * A folder that receives an inference trace of each session: complete requests and answers, without
   * credentials. True for the folder that `CODEX_ROLLOUT_TRACE_ROOT`, or else `root` of `[rollout_trace]`,
   * names; without either no trace is written. Writing never fails or delays a turn; a trace that cannot be
   * written causes one warning. Dispose of the client with `await using`, so that the ends of the traces are
   * written. Default false.
   */
  readonly inferenceTraces?: string | boolean;
  /** Called with each observation. Must not throw. */
  readonly onObservation?: (observation: Observation) => void;
  /** Called with warnings about configuration and roots. Must not throw. Default: they are ignored. */
  readonly onWarning?: (warning: Warning) => void;
}

/** The request of one turn. Values that the settings define may be omitted. */
export interface ClientRequest extends TurnParameters {
  /** Default: the client's. */
  readonly model?: string;
  /** A message of the user, or the whole conversation. */
  readonly input: string | readonly ResponseItem[];
}

/**
 * A conversation: turns that share ids, a connection and rate limits. Usually there is one turn at a time; a
 * concurrent second one uses a separate connection.
 */
export interface ClientSession extends Disposable {
  /**
   * Creates a turn. The request is sent when the turn is first read.
   *
   * @throws CulvertError `usage` if the client is closed, or if a value has another type than declared
   */
  turn(request: ClientRequest, options?: TurnOptions): Turn;
  /**
   * Opens the websocket and sends the settings of the next turn without its input. Does nothing if the
   * transport is SSE. Resolves when it has ended, successfully or not. The caller need not wait: the next
   * turn waits for it, at most for the time limit of a connection.
   *
   * @throws CulvertError `usage` if the client is closed
   */
  prewarm(request?: Omit<ClientRequest, "input">): Promise<void>;
  /**
   * Opens the websocket without sending a request, for a program that does not know its first request yet.
   * Does nothing if the transport is SSE. Resolves when it has ended, successfully or not. The caller need
   * not wait: the next turn waits for it.
   *
   * @throws CulvertError `usage` if the client is closed
   */
  preconnect(): Promise<void>;
  /**
   * Compacts a conversation: returns the items that replace it in later requests. The next turn uses the
   * sticky state of the reply, and the window number of the session is incremented.
   *
   * @throws CulvertError of the call; `usage` if the client is closed
   */
  compact(request: ClientRequest, options?: CompactOptions): Promise<readonly ResponseItem[]>;
  /** Closes the connection. A running turn is not ended. */
  close(): void;
}

/** Options of a call. */
export interface CallOptions {
  /** Aborts the call. */
  readonly signal?: AbortSignal;
}

/** Options of a compaction. */
export interface CompactOptions extends CallOptions {
  /** The turn that the compaction belongs to. Default: the next turn. */
  readonly within?: Turn;
}

/** A request whose model may be omitted: the default is the model of the client. */
export type WithoutModel<T extends { readonly model: string }> =
  & Omit<T, "model">
  & { readonly model?: string };

/**
 * Calls of the API other than turns. All throw the CulvertErrors of the call, and `usage` if the client is
 * closed.
 */
export interface ClientCalls {
  /** Returns the model list, from the cache if it is fresh. */
  models(options?: ModelsOptions): Promise<CataloguedModels>;
  /** Returns the rate limits and credits of the plan. Requires a ChatGPT login. */
  usage(options?: CallOptions): Promise<PlanUsage>;
  /** Returns a page of cloud tasks. Requires a ChatGPT login. */
  tasks(options?: ListTasksOptions): Promise<TaskPage>;
  /** Uploads a file of this machine, for `input_file` items. Requires `--allow-read` for it. */
  uploadFile(path: string, options?: UploadOptions): Promise<UploadedFile>;
  /** Generates images, or edits those of the request. */
  images(request: ImageRequest, options?: CallOptions): Promise<ImageReply>;
  /** Searches the web. */
  search(request: WithoutModel<SearchRequest>, options?: CallOptions): Promise<SearchReply>;
  /** Summarizes recorded sessions. Without traces no request is sent. */
  summarizeTraces(request: WithoutModel<MemoriesRequest>, options?: CallOptions): Promise<readonly Memory[]>;
}

/**
 * A client with separate settings, roots, routes, credential and connections, which it shares with no other
 * client of the process. Dispose of it after use.
 */
export interface Client extends ClientCalls, Disposable, AsyncDisposable {
  /** The default model of requests. */
  readonly model: string;
  /** Id of the provider in force. */
  readonly provider: string;
  /** One line that names the trusted roots and their sources. */
  readonly roots: string;
  /**
   * Starts a session. Close it if the client is used longer than the session.
   *
   * @throws CulvertError `usage` if the client is closed
   */
  session(): ClientSession;
  /**
   * Creates a turn in the client's default session. The request is sent when the turn is first read.
   *
   * @throws CulvertError `usage` if the client is closed, or if a value has another type than declared
   */
  turn(request: ClientRequest, options?: TurnOptions): Turn;
  /**
   * Closes every idle connection. A running turn is not ended: leave its loop, or abort its signal. Queued
   * telemetry is dropped.
   */
  close(): void;
  /**
   * Sends queued telemetry, writes the ends of inference traces, and closes the client; the first two take at
   * most 2 s each.
   */
  [Symbol.asyncDispose](): Promise<void>;
}
