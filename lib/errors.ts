/**
 * The only error family. Every failure that crosses the edge of a folder is a {@link CulvertError}: a code
 * from a closed list, the exit code that belongs to it, a message that says what was attempted, and a hint
 * that says what to do next. No message, hint or detail contains a secret.
 *
 * @module
 */

/** Exit codes of the program, one per class of outcome. */
export const EXIT = {
  done: 0,
  internal: 1,
  usage: 2,
  trust: 3,
  auth: 4,
  network: 5,
  limited: 6,
  server: 7,
  response: 8,
  schema: 9,
  interrupted: 130,
  readerGone: 141,
  terminated: 143,
} as const;

/** An exit code of the program. */
export type ExitStatus = typeof EXIT[keyof typeof EXIT];

/** All error codes, each with its exit code and a one-line explanation. */
export const ERROR_CODES = {
  internal: { exit: EXIT.internal, brief: "an internal error of culvert" },

  usage: { exit: EXIT.usage, brief: "the command line cannot be understood" },
  config: { exit: EXIT.usage, brief: "a configuration file or value is wrong" },
  proxy_invalid: {
    exit: EXIT.usage,
    brief: "a proxy address cannot be used: not a URL, or an unknown scheme",
  },
  input_unreadable: { exit: EXIT.usage, brief: "a file named on the command line cannot be read" },
  output_unwritable: { exit: EXIT.usage, brief: "a file named on the command line cannot be written" },

  ca_unreadable: { exit: EXIT.trust, brief: "the CA bundle cannot be read" },
  ca_invalid: { exit: EXIT.trust, brief: "the CA bundle contains no usable certificate" },
  tls_unknown_issuer: {
    exit: EXIT.trust,
    brief: "the server's certificate was issued by a CA that is not trusted",
  },
  tls_name_mismatch: { exit: EXIT.trust, brief: "the server's certificate is for another name" },
  tls_expired: { exit: EXIT.trust, brief: "the server's certificate has expired" },
  tls_not_yet_valid: {
    exit: EXIT.trust,
    brief: "the server's certificate is not valid yet by the local clock",
  },
  tls_ca_as_leaf: { exit: EXIT.trust, brief: "the server presents a CA certificate as its own" },
  tls_bad_certificate: {
    exit: EXIT.trust,
    brief: "the server's certificate is malformed, too weak or not meant for servers",
  },
  tls_handshake: { exit: EXIT.trust, brief: "the TLS handshake failed for another reason" },

  auth_missing: { exit: EXIT.auth, brief: "no credential was found" },
  auth_rejected: { exit: EXIT.auth, brief: "the server refused the credential (401)" },
  auth_forbidden: { exit: EXIT.auth, brief: "the credential lacks the permission (403)" },
  auth_refresh_failed: { exit: EXIT.auth, brief: "the access token could not be renewed" },
  auth_storage: { exit: EXIT.auth, brief: "the stored credential cannot be read or written" },
  auth_login_failed: { exit: EXIT.auth, brief: "the login did not complete" },

  dns: { exit: EXIT.network, brief: "the host name could not be resolved" },
  connect: { exit: EXIT.network, brief: "no connection could be made" },
  connect_timeout: { exit: EXIT.network, brief: "no connection was made in time" },
  proxy_auth: {
    exit: EXIT.network,
    brief: "the proxy requires a user name and password, or rejected them (407)",
  },
  proxy_refused: { exit: EXIT.network, brief: "the proxy refused the tunnel, or is not a proxy" },
  reset: { exit: EXIT.network, brief: "the connection was cut" },
  timeout: { exit: EXIT.network, brief: "the time limit of the turn is exceeded" },
  header_timeout: { exit: EXIT.network, brief: "the server accepted the request and did not answer" },
  idle_timeout: { exit: EXIT.network, brief: "the stream was silent for longer than the idle limit" },
  stream_closed: { exit: EXIT.network, brief: "the stream ended before its terminal event" },
  redirect: { exit: EXIT.network, brief: "a redirect cannot be followed" },
  websocket: { exit: EXIT.network, brief: "the websocket could not be opened, or broke its protocol" },
  region_denied: {
    exit: EXIT.network,
    brief: "the service is not offered in the country or region that the request came from",
  },
  blocked: { exit: EXIT.network, brief: "a middlebox or an edge network blocked the request" },

  rate_limited: { exit: EXIT.limited, brief: "too many requests (429)" },
  usage_limit: { exit: EXIT.limited, brief: "the usage limit of the plan is reached" },
  quota: { exit: EXIT.limited, brief: "the quota is exhausted, or the plan does not include usage" },

  server: { exit: EXIT.server, brief: "the server failed (5xx)" },
  overloaded: { exit: EXIT.server, brief: "the server is overloaded" },

  invalid_request: { exit: EXIT.response, brief: "the server refused the request" },
  not_found: { exit: EXIT.response, brief: "the endpoint or the model does not exist (404)" },
  context_window: { exit: EXIT.response, brief: "the input is longer than the model's context window" },
  policy: { exit: EXIT.response, brief: "the request was refused by policy" },
  refused: { exit: EXIT.response, brief: "the model refused to answer" },
  response_failed: { exit: EXIT.response, brief: "the response failed" },
  incomplete: { exit: EXIT.response, brief: "the response is incomplete" },
  message_too_large: { exit: EXIT.response, brief: "one message of the stream is larger than the limit" },

  check_failed: {
    exit: EXIT.response,
    brief: "a requested check failed: secrets in an export, unmatched requests in a replay",
  },

  schema_mismatch: { exit: EXIT.schema, brief: "the output does not fit the schema" },

  interrupted: { exit: EXIT.interrupted, brief: "stopped by the user (SIGINT)" },
  reader_gone: { exit: EXIT.readerGone, brief: "the reader of the output closed it" },
  terminated: { exit: EXIT.terminated, brief: "stopped by SIGTERM" },
} as const satisfies Readonly<Record<string, { exit: ExitStatus; brief: string }>>;

/** A code from the closed list {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** A value that is allowed in an error's details, a report or a JSON line. */
export type DetailValue = string | number | boolean | null | readonly DetailValue[] | {
  /** Values by name, in snake case. */
  readonly [key: string]: DetailValue;
};

/** The optional parts of a {@link CulvertError}. */
export interface CulvertErrorOptions {
  /** What to do next, one or a few sentences. */
  readonly hint?: string;
  /** Facts for programs: variable, path, line, host, status, ids. Never a secret. */
  readonly details?: Readonly<Record<string, DetailValue>>;
  /** The underlying error. It is for debugging and not printed by default. */
  readonly cause?: unknown;
}

/** The only class of errors that the functions of this library throw. */
export class CulvertError extends Error {
  /** The same name for every error of the family. */
  override readonly name = "CulvertError";
  /** The code, one of {@link ERROR_CODES}. */
  readonly code: ErrorCode;
  /** What to do next. */
  readonly hint?: string;
  /** Facts for programs. */
  readonly details: Readonly<Record<string, DetailValue>>;

  /**
   * Creates an error.
   *
   * @param code one of {@link ERROR_CODES}
   * @param message what was attempted, with which variable, file, host or route, and what went wrong;
   * upper-case start, no full stop
   * @param options hint, details and cause
   */
  constructor(code: ErrorCode, message: string, options: CulvertErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.hint !== undefined) this.hint = options.hint;
    this.details = options.details ?? {};
  }

  /** The exit code that belongs to the code. */
  get exitStatus(): ExitStatus {
    return ERROR_CODES[this.code].exit;
  }
}

/**
 * Converts any caught value to a {@link CulvertError}. A CulvertError is returned unchanged; the runtime's errors
 * for a package that it cannot fetch and for a text that is too long become `connect` and `input_unreadable`, any
 * other value `internal`.
 *
 * @param thrown the value that a `catch` received
 */
export function asCulvertError(thrown: unknown): CulvertError {
  if (thrown instanceof CulvertError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const unfetched = packageFailure(message);
  if (unfetched !== undefined) return unfetched;
  if (TOO_LONG.test(message)) {
    return new CulvertError(
      "input_unreadable",
      "The content is longer than 512 MB, the limit of the runtime",
      {
        hint: "Use less of it: one file, one exchange of a capture, or the format jsonl of export.",
        cause: thrown,
      },
    );
  }
  return new CulvertError("internal", `Unexpected failure: ${message}`, { cause: thrown });
}

/** The runtime's messages for a text that would have more than 2^29 characters (V8 in Deno 2.9.6). */
const TOO_LONG = /^(Invalid string length|buffer exceeds maximum length)$/;

/**
 * Handles the failure of some work. Only a {@link CulvertError} is handled; another error is a fault of the program,
 * and is thrown again.
 *
 * @param work the result of the work
 * @param handle returns what takes the place of the result
 */
export async function handleFailure<T, R>(
  work: Promise<T>,
  handle: (failure: CulvertError) => R | Promise<R>,
): Promise<T | R> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CulvertError) return await handle(error);
    throw error;
  }
}

/**
 * Returns the error for a package that the runtime could not fetch: a run from source fetches each package
 * when it first imports it (Deno 2.9.6). The binary contains its packages.
 */
function packageFailure(message: string): CulvertError | undefined {
  const [, name, rest = ""] = /^Failed caching npm package '([^']*)'\s*(.*)$/s.exec(message) ?? [];
  if (name === undefined) return undefined;
  const reason = rest.split(/\s{4,}at /)[0]?.split(/\s{4,}/).at(-1)?.replace(/^\d+: /, "").trim();
  return new CulvertError(
    "connect",
    `Cannot fetch the npm package ${name}: ${reason || "no reason is known"}`,
    {
      hint:
        "A run from source downloads its packages. If TLS is intercepted, set NODE_EXTRA_CA_CERTS to the CA bundle " +
        "of the network. To use a mirror of the registry, set NPM_CONFIG_REGISTRY.",
      details: { package: name },
    },
  );
}
