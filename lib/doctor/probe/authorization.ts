/**
 * The authorization of the doctor's requests. It is that of a turn, but it causes no change: no login is
 * renewed, no agent or task is registered, no file is written.
 *
 * @module
 */
import { deadline } from "../../async/deadline.ts";
import { raceAbort } from "../../async/race_abort.ts";
import { bearerHeaders } from "../../auth/auth_headers.ts";
import type { Authenticator, Authorization } from "../../auth/authenticator.ts";
import { authEndpoints } from "../../auth/chatgpt/auth_endpoints.ts";
import { isDue } from "../../auth/auth_record.ts";
import type { Credential } from "../../auth/credential.ts";
import type { CommandAuth } from "../../config/provider.ts";
import { CulvertError } from "../../errors.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { World } from "../../world/world.ts";

/** Headers for a request, or the reason why there are none. */
export type ProbeAuthorization =
  | { readonly kind: "headers"; readonly authorization: Authorization }
  /** A turn would have headers, but the doctor cannot get them without changing something. */
  | { readonly kind: "withheld"; readonly reason: string }
  /** The credential command takes longer than the doctor. */
  | { readonly kind: "slow"; readonly reason: string };

/** Parameters of {@link authorizeProbe}. */
export interface AuthorizationParts {
  readonly credential: Credential;
  readonly authenticator: Authenticator;
  readonly dialer: Dialer;
  readonly world: World;
  /** Remaining time for all checks, ms. */
  readonly timeLeftMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns the authorization of a request, or the reason why it is withheld.
 *
 * @param endpoint such as `/models`
 * @throws CulvertError `auth_*`; the signal's reason
 */
export async function authorizeProbe(
  parts: AuthorizationParts,
  endpoint: string,
): Promise<ProbeAuthorization> {
  const { authenticator, credential, dialer, signal, timeLeftMs, world } = parts;
  const reason = reasonToWithhold(credential, world.now());
  if (reason !== undefined) return { kind: "withheld", reason };
  using limit = deadline(timeLeftMs, world, signal);
  try {
    const authorizing = credential.kind === "personal_access_token"
      ? withOwner(credential, dialer, world, limit.signal)
      : authenticator.authorize(limit.signal, endpoint);
    const authorization = await raceAbort(authorizing, limit.signal);
    return { kind: "headers", authorization };
  } catch (error) {
    if (!limit.isExpired) throw error;
    return slow(credential, timeLeftMs);
  }
}

/**
 * Returns the authorization of a personal access token. A turn caches the answer of the authority in a file; this
 * function writes none.
 */
async function withOwner(
  { source, token }: Extract<Credential, { readonly kind: "personal_access_token" }>,
  dialer: Dialer,
  world: World,
  signal: AbortSignal,
): Promise<Authorization> {
  const { askOwner } = await import("../../auth/api_key/personal_access_token.ts");
  try {
    const owner = await askOwner(token, { dialer, world, endpoints: authEndpoints(world.env) }, signal);
    return { mode: "personalAccessToken", source, headers: bearerHeaders(token, owner) };
  } catch (error) {
    if (!(error instanceof CulvertError) || error.code === "auth_rejected" || signal.aborted) throw error;
    // As in a turn, the token is sent without an account if the authority does not answer.
    return { mode: "personalAccessToken", source, headers: bearerHeaders(token) };
  }
}

function reasonToWithhold(credential: Credential, now: number): string | undefined {
  if (credential.kind === "managed" && isDue(credential.record, now)) {
    return "the access token is due for renewal, and the doctor renews no login";
  }
  if (credential.kind === "agent_identity") {
    return "an agent identity registers a task before its first request, and the doctor registers none";
  }
  return undefined;
}

/**
 * Returns the result for a credential command that takes longer than the doctor; a turn waits up to the limit
 * of the command.
 */
function slow(credential: Credential, waitedMs: number): ProbeAuthorization {
  if (credential.kind === "command") {
    const { command, timeoutMs } = credential.auth satisfies CommandAuth;
    return {
      kind: "slow",
      reason: `the credential command "${command}" did not finish within ${seconds(waitedMs)}; ` +
        `a turn waits up to ${seconds(timeoutMs)} for it`,
    };
  }
  throw new CulvertError(
    "auth_missing",
    `Cannot authorize a request with ${credential.source.name}: timeout`,
    {
      hint: "Run the doctor again. If this happens again, check the connection to the token endpoint.",
      details: { source: credential.source.name, limit_ms: waitedMs },
    },
  );
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
