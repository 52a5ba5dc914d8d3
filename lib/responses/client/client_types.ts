/**
 * What a program that embeds culvert sees of a client.
 *
 * @module
 */
import type { ExternalAuth } from "../../auth/external/external_auth.ts";
import type { Observation } from "../../net/observer.ts";
import type { Warning } from "../../warning.ts";
import type { ApiKeyFunction } from "../../auth/external/api_key_authenticator.ts";
import type { ResponseItem } from "../events/items.ts";
import type { TurnParameters } from "../request/request.ts";
import type { Turn, TurnOptions } from "../turn/turn.ts";

/**
 * What a client may be told. All of it is optional: what is absent comes from the environment and
 * `config.toml`, as it does for the command line.
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
   * Default `auto`: the websocket where the provider has one, and SSE as soon as it is clear that it does not
   * work here. The other two do what they say.
   */
  readonly transport?: "auto" | "sse" | "websocket";
  /**
   * A bundle of certificates to trust beside the roots of the system and of Mozilla: PEM, DER or PKCS#7.
   * Default: `CODEX_CA_CERTIFICATE`, then `SSL_CERT_FILE`.
   */
  readonly caCertFile?: string;
  /** Certificates to trust as PEM text, instead of `caCertFile` and of the two variables. */
  readonly caCertPem?: string;
  /** A proxy's URL, or `none`. Default: `HTTPS_PROXY` and its kin. */
  readonly proxy?: string;
  /**
   * Whether the server is asked for its own timings. It tells them over a websocket alone: see
   * `culvert.server_timings`. Default false.
   */
  readonly serverTimings?: boolean;
  /** Longest `Retry-After` of a server that is waited out, ms. Default 60,000. */
  readonly maxRetryAfterMs?: number;
  /** Told of each attempt, recovery and note. Must not throw. */
  readonly onObservation?: (observation: Observation) => void;
  /** Told what the user should know of the configuration and of the roots. Default: nobody is. */
  readonly onWarning?: (warning: Warning) => void;
}

/** One turn, as a client takes it. What the settings know may be left out. */
export interface ClientRequest extends TurnParameters {
  /** Default: the client's. */
  readonly model?: string;
  /** What the user says, or the whole conversation. */
  readonly input: string | readonly ResponseItem[];
}

/**
 * A conversation: turns that share ids, a connection and what is known of rate limits. One turn at a time is
 * the rule; a second one beside it works, on a connection of its own.
 */
export interface ClientSession extends Disposable {
  /**
   * Makes a turn. Nothing is sent before it is read.
   *
   * @throws CulvertError `usage` when the client is closed
   */
  turn(request: ClientRequest, options?: TurnOptions): Turn;
  /**
   * Opens the websocket and sends what the next turn will need beside its input. Does nothing where the wire
   * is SSE. Resolves when it is over, however it went; there is no need to wait, for
   * the next turn does, as long as a connection may take.
   *
   * @throws CulvertError `usage` when the client is closed
   */
  prewarm(request?: Omit<ClientRequest, "input">): Promise<void>;
  /**
   * Opens the websocket and says nothing over it: for a program that does not know yet what it will ask, and in
   * which model. Does nothing where the wire is SSE. Resolves when it is over, however it went; there is no need
   * to wait, for the next turn does.
   *
   * @throws CulvertError `usage` when the client is closed
   */
  preconnect(): Promise<void>;
  /** Drops the connection. A turn under way is not ended. */
  close(): void;
}

/**
 * A client: its own settings, roots, routes, credential and connections, which it shares with no other client
 * of the process. Dispose of it.
 */
export interface Client extends Disposable {
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
  /** Drops every connection that rests. A turn under way is not ended: leave its loop, or abort its signal. */
  close(): void;
}
