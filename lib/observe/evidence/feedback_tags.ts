/**
 * Evidence about the authentication of a session: tags that are safe to send to support. Names, values and
 * replacement rules are those of the codex client (0.171.0); {@link EXTRA_TAGS} are additions.
 *
 * @module
 */
import type { Provider } from "../../config/provider.ts";
import {
  environmentFacts,
  type Observation,
  type Observer,
  observerOf,
  type RecoveryObservation,
  type RequestObservation,
} from "../../net/observer.ts";
import type { Environment, World } from "../../world/world.ts";
import type { CredentialFacts } from "../../auth/recovery/active_credential.ts";
import { baseUrlClass, defaultBaseUrl, foldedMode, isMisrouted } from "../../auth/auth_headers.ts";

/** Tags by name; an empty value means "unknown" or "not applicable". */
export type EvidenceTags = Readonly<Record<string, string>>;

/** Tags that the codex client does not have. */
export const EXTRA_TAGS = [
  "auth_401_at_ms",
  "auth_401_endpoint",
  "auth_401_transport",
  "auth_401_count",
  "auth_recovery_reason",
  "auth_state_changed",
  "auth_token_age_s_bucket",
  "auth_token_expires_in_bucket",
  "auth_base_url_class",
  "auth_provider_mismatch",
  "auth_geo_denied",
  "auth_credential_source",
  "auth_agent_id",
  "auth_task_id",
] as const;

/** Largest number of tags, as in the codex client. */
const MAX_TAGS = 64;

/** Options of {@link AuthEvidence}. */
interface EvidenceOptions {
  readonly env: Environment;
  readonly provider: Provider;
  readonly now: World["now"];
  /** Returns the credential in use. */
  readonly facts: () => CredentialFacts | undefined;
}

/** The tags of one session. */
export class AuthEvidence {
  readonly #options: EvidenceOptions;
  readonly #tags = new Map<string, string>();
  readonly #environment: EvidenceTags;
  /** The recovery that the next attempt follows. */
  #pending: { readonly mode: string; readonly phase: string } | undefined;
  #isPendingOnNewSocket = false;

  constructor(options: EvidenceOptions) {
    this.#options = options;
    this.#environment = environmentTags(options.env, options.provider);
  }

  /** Receives the observations of dialer, session and authenticator. */
  readonly observer: Observer = observerOf((observation: Observation) => {
    if (observation.kind === "request") this.#request(observation);
    else if (observation.kind === "recovery") this.#recovery(observation);
    else if (observation.kind === "response" && observation.responseId !== undefined) {
      this.#write({ last_model_response_id: observation.responseId });
    }
  });

  /** Returns the tags. */
  tags(): EvidenceTags {
    return Object.fromEntries(this.#tags);
  }

  #request(seen: RequestObservation): void {
    const retry = this.#retryOf(seen);
    const facts = this.#options.facts();
    const isModels = seen.endpoint === "/models";
    const isHandshake = seen.transport === "websocket" && seen.connectionReused === undefined;
    const hasFailed = seen.error !== undefined || (seen.status !== undefined && seen.status >= 400);
    const { evidence } = seen;
    if (seen.endpoint === "/responses" && evidence.requestId !== undefined) {
      this.#write({ last_model_request_id: evidence.requestId });
    }
    this.#write({
      endpoint: seen.endpoint,
      auth_header_attached: String(seen.authHeaderAttached),
      auth_header_name: seen.authHeaderAttached ? "authorization" : "",
      auth_mode: facts === undefined ? "" : foldedMode(facts.mode) ?? "",
      auth_retry_after_unauthorized: isModels ? "" : String(retry !== undefined),
      auth_recovery_mode: retry?.mode ?? "",
      auth_recovery_phase: retry?.phase ?? "",
      auth_connection_reused: isHandshake ? "false" : String(seen.connectionReused ?? ""),
      auth_request_id: evidence.requestId ?? "",
      auth_cf_ray: evidence.cfRay ?? "",
      auth_error: evidence.authError ?? "",
      auth_error_code: evidence.authErrorCode ?? "",
      auth_geo_denied: hasFailed ? String(seen.denial === "geographic") : "",
      auth_recovery_followup_success: retry === undefined ? "" : String(!hasFailed),
      auth_recovery_followup_status: retry === undefined ? "" : followupStatus(seen, hasFailed),
      ...this.#environment,
      ...this.#credentialTags(facts, seen.agentId !== undefined),
      auth_agent_id: seen.agentId ?? "",
      auth_task_id: seen.taskId ?? "",
    });
  }

  #recovery(seen: RecoveryObservation): void {
    const { evidence } = seen;
    this.#write({
      auth_recovery_mode: seen.mode,
      auth_recovery_phase: seen.phase,
      auth_recovery_outcome: seen.outcome,
      auth_401_request_id: evidence.requestId ?? "",
      auth_401_cf_ray: evidence.cfRay ?? "",
      auth_401_error: evidence.authError ?? "",
      auth_401_error_code: evidence.authErrorCode ?? "",
      auth_401_at_ms: String(Math.round(this.#options.now())),
      auth_401_endpoint: seen.endpoint,
      auth_401_transport: seen.transport,
      auth_401_count: String(seen.count ?? 1),
      auth_recovery_reason: seen.reason ?? "",
      auth_state_changed: seen.stateChanged === undefined ? "" : String(seen.stateChanged),
    });
    this.#pending = seen.outcome === "recovery_succeeded"
      ? { mode: seen.mode, phase: seen.phase }
      : undefined;
    this.#isPendingOnNewSocket = false;
  }

  /**
   * Returns the recovery that an attempt follows. Retries of the attempt by the transport also follow it, and
   * so does the first request on a socket that was opened after it; later requests do not.
   */
  #retryOf(seen: RequestObservation): { readonly mode: string; readonly phase: string } | undefined {
    const pending = this.#pending;
    if (pending === undefined) return undefined;
    const isHandshake = seen.transport === "websocket" && seen.connectionReused === undefined;
    if (isHandshake) {
      this.#isPendingOnNewSocket = true;
      return pending;
    }
    if (this.#isPendingOnNewSocket && (seen.transport !== "websocket" || seen.connectionReused === true)) {
      this.#pending = undefined;
      return undefined;
    }
    const hasOpened = seen.status !== undefined && seen.status < 500;
    if (seen.transport === "websocket" || hasOpened) this.#pending = undefined;
    return pending;
  }

  /** A request signed by an agent contains no token, so the age of the token is omitted. */
  #credentialTags(facts: CredentialFacts | undefined, isSigned: boolean): EvidenceTags {
    const { provider, now } = this.#options;
    const { issuedAt, expiresAt } = isSigned ? {} : facts ?? {};
    const base = provider.baseUrl ?? (facts === undefined ? undefined : defaultBaseUrl(facts.mode));
    const url = base === undefined ? undefined : URL.parse(base) ?? undefined;
    return {
      auth_base_url_class: url === undefined ? "" : baseUrlClass(url),
      auth_provider_mismatch: url === undefined || facts === undefined
        ? ""
        : String(isMisrouted(url, facts.mode)),
      auth_credential_source: facts === undefined ? "" : SOURCES[facts.source.kind],
      auth_token_age_s_bucket: issuedAt === undefined ? "" : bucket(now() - issuedAt),
      auth_token_expires_in_bucket: expiresAt === undefined ? "" : bucket(expiresAt - now()),
    };
  }

  #write(tags: EvidenceTags): void {
    for (const [name, value] of Object.entries(tags)) {
      if (this.#tags.has(name) || this.#tags.size < MAX_TAGS) this.#tags.set(name, value);
    }
  }
}

const SOURCES: Readonly<Record<CredentialFacts["source"]["kind"], string>> = {
  flag: "file",
  env: "env",
  file: "file",
  keyring: "keyring",
  memory: "memory",
  provider_env: "env",
  provider_token: "config",
  command: "command",
  host: "host",
  none: "",
};

/** Returns the status of the attempt after a recovery. On a websocket only a failure has a status. */
function followupStatus(seen: RequestObservation, hasFailed: boolean): string {
  if (seen.status === undefined || (seen.transport === "websocket" && !hasFailed)) return "";
  return String(seen.status);
}

/** Rounds a duration: exact enough to prove "expired when sent", too coarse to identify a user. */
function bucket(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 0) return "<0";
  if (seconds < 60) return "0-60";
  if (seconds < 300) return "60-300";
  if (seconds < 3600) return "300-3600";
  return seconds < 86_400 ? "3600-86400" : ">86400";
}

function environmentTags(env: Environment, { envKey }: Provider): EvidenceTags {
  const facts = environmentFacts(env, envKey);
  return {
    auth_env_openai_api_key_present: String(facts.openaiApiKey),
    auth_env_codex_api_key_present: String(facts.codexApiKey),
    auth_env_codex_api_key_enabled: String(facts.codexApiKeyEnabled),
    // Never the configured name: some users configure the key itself in its place.
    auth_env_provider_key_name: envKey === undefined ? "" : "configured",
    auth_env_provider_key_present: String(facts.providerKey ?? ""),
    auth_env_refresh_token_url_override_present: String(facts.refreshTokenUrlOverride),
  };
}
