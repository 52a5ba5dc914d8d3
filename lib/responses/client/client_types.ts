/**
 * The interface of the client for programs that embed culvert.
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
  /** Closes the connection. A running turn is not ended. */
  close(): void;
}

/**
 * A client with settings, roots, routes, credential and connections of its own, shared with no other client of the
 * process. Dispose of it after use.
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
  /** Closes every idle connection. A running turn is not ended: leave its loop, or abort its signal. */
  close(): void;
}
