/**
 * Opens the websocket of a realtime session: base URL, headers, credential, recovery from a 401 and retries.
 *
 * @module
 */
import type { ApiConnection } from "../../api/send_request.ts";
import { defaultBaseUrl, isBackendMode, isProviderCredential } from "../../auth/auth_headers.ts";
import type { Authorization } from "../../auth/authenticator.ts";
import { RequestScope } from "../../auth/request_scope.ts";
import { type Answer, withAuthorization } from "../../auth/with_authorization.ts";
import type { Settings } from "../../config/settings.ts";
import { originator } from "../../connect/user_agent.ts";
import { asCulvertError, CulvertError } from "../../errors.ts";
import type { WebSocketChannel } from "../../net/websocket/websocket.ts";
import { type Failure, networkFailure } from "../../responses/failures/failure.ts";
import type { RefusalContext } from "../../responses/failures/failure.ts";
import type { Refusal } from "../../responses/failures/http_failures.ts";
import { refusedAnswer } from "../../responses/failures/rejection.ts";
import { secretsOf } from "../../responses/failures/server_text.ts";
import { upgradeFailure } from "../../responses/failures/upgrade_failure.ts";
import { mergeHeaders } from "../../responses/request/call_headers.ts";
import { possibleBaseUrls, shownUrl } from "../../responses/request/url.ts";
import { RetryBudget } from "../../responses/turn/retry_budget.ts";
import type { RealtimeVersion } from "../protocol/protocol_version.ts";
import { realtimeUrl } from "../protocol/realtime_url.ts";
import { realtimeHeaders, type RealtimeIdentity } from "./realtime_headers.ts";

/** The name of the endpoint in observations, rejections and the scope of attestations. */
const REALTIME_ENDPOINT = "/realtime";

/** The base URL for joining calls, for every provider (codex client 0.171.0). */
const CALL_BASE = "https://api.openai.com/v1";

/** A websocket to open. */
export interface RealtimeRequest {
  readonly version: RealtimeVersion;
  readonly identity: RealtimeIdentity;
  readonly model?: string;
  /** As `RealtimeTarget.intent`. */
  readonly intent?: "transcription";
  /** The call to join. */
  readonly callId?: string;
  readonly signal?: AbortSignal;
}

/**
 * Opens the websocket. After a 401 the credential is renewed; other temporary failures are retried
 * `request_max_retries` times, and so is every failure to join a call.
 *
 * @throws CulvertError `auth_*`, `config`, of the network and TLS codes, by status as for a turn; the reason
 * of the signal when it is aborted
 */
export async function openRealtime(
  connection: ApiConnection,
  request: RealtimeRequest,
): Promise<WebSocketChannel> {
  const { observer, settings: { provider }, world } = connection;
  const scope = new RequestScope({ ...connection, provider });
  const budget = new RetryBudget(provider, world.random);
  for (;;) {
    const outcome = await attempt(connection, scope, request);
    if (outcome.kind === "open") return outcome.channel;
    // The server of a call may not know it yet when it is joined.
    const mayRetry = request.callId !== undefined && outcome.failure.error.code !== "config";
    const failure = mayRetry ? { ...outcome.failure, retryable: true } : outcome.failure;
    const retry = budget.grant("request", failure);
    if (retry === undefined) throw outcome.failure.error;
    const wait = `retry ${retry.attempt}/${retry.max} of ${REALTIME_ENDPOINT} in ${retry.delayMs} ms`;
    observer.observe({ kind: "note", level: "info", message: `${wait}: ${outcome.failure.error.message}` });
    await world.sleep(retry.delayMs, request.signal);
  }
}

type Outcome =
  | { readonly kind: "open"; readonly channel: WebSocketChannel }
  | { readonly kind: "failed"; readonly failure: Failure };

async function attempt(
  connection: ApiConnection,
  scope: RequestScope,
  request: RealtimeRequest,
): Promise<Outcome> {
  const { signal } = request;
  try {
    const { answer, authorization, error } = await withAuthorization(
      scope,
      {
        endpoint: REALTIME_ENDPOINT,
        transport: "websocket",
        ...(request.model === undefined ? {} : { model: request.model }),
        ...(signal === undefined ? {} : { signal }),
      },
      (given) => sendOnce(connection, request, given),
    );
    if (answer.opened !== undefined) return { kind: "open", channel: answer.opened };
    if (error !== undefined) return { kind: "failed", failure: { error, retryable: false } };
    return {
      kind: "failed",
      failure: upgradeFailure(answer.refusal, contextOf(connection, authorization), false),
    };
  } catch (thrown) {
    signal?.throwIfAborted();
    return { kind: "failed", failure: networkFailure(asCulvertError(thrown)) };
  }
}

type SentUpgrade =
  & Answer
  & (
    | { readonly opened: WebSocketChannel }
    | { readonly opened?: undefined; readonly refusal: Refusal }
  );

async function sendOnce(
  connection: ApiConnection,
  request: RealtimeRequest,
  authorization: Authorization,
): Promise<SentUpgrade> {
  const { dialer, settings, world } = connection;
  const { provider } = settings;
  const { callId, identity, intent, model, signal, version } = request;
  const { base, isProvider } = targetOf(settings, authorization, callId);
  const url = realtimeUrl({
    base,
    version,
    query: provider.queryParams,
    ...(model === undefined ? {} : { model }),
    ...(intent === undefined ? {} : { intent }),
    ...(callId === undefined ? {} : { callId }),
  });
  const outcome = await dialer.openWebSocket({
    url,
    headers: mergeHeaders(
      { originator: originator(world.env) },
      isProvider ? provider.headers : {},
      realtimeHeaders(version, identity),
      authorization.headers,
    ),
    offersCompression: false,
    connectTimeoutMs: provider.websocketConnectTimeoutMs,
    ...(signal === undefined ? {} : { signal }),
  });
  if (outcome.kind === "open") {
    return { status: 101, headers: outcome.channel.headers, opened: outcome.channel };
  }
  const { body, headers, status } = outcome;
  const attempted = `The websocket upgrade of ${shownUrl(url)}`;
  const refusal: Refusal = { status, headers, body, url, attempted };
  return { ...refusedAnswer(refusal, contextOf(connection, authorization)), refusal };
}

function contextOf(
  { settings: { provider }, world }: ApiConnection,
  authorization: Authorization,
): RefusalContext {
  const secrets = [...secretsOf(authorization.headers), ...secretsOf(provider.headers)];
  return { now: world.now(), secrets, providerName: provider.name };
}

/**
 * Returns the base URL of the websocket, and whether it belongs to the provider: headers and credentials of
 * the provider are sent only there.
 *
 * @throws CulvertError `config` for a call with a credential of another provider; `auth_missing`
 */
function targetOf(
  settings: Settings,
  authorization: Authorization,
  callId: string | undefined,
): { readonly base: string; readonly isProvider: boolean } {
  const { provider, realtimeBaseUrl } = settings;
  if (callId === undefined || realtimeBaseUrl !== undefined) {
    return { base: realtimeBaseUrl ?? realtimeBase(settings, authorization), isProvider: true };
  }
  const isProvider = possibleBaseUrls(provider).some(({ origin }) => origin === new URL(CALL_BASE).origin);
  const { source } = authorization;
  if (!isProvider && isProviderCredential(source)) {
    throw new CulvertError(
      "config",
      `Cannot join the call at ${
        new URL(CALL_BASE).host
      }: the credential in use, from ${source.name}, belongs to ` +
        `the provider ${provider.name}`,
      {
        hint:
          "Use --provider openai, or set experimental_realtime_ws_base_url to the server that has the call.",
        details: { source: source.name },
      },
    );
  }
  return { base: CALL_BASE, isProvider };
}

/**
 * Returns the base URL of the websocket. Without one of the provider it is that of the platform API, which
 * does not accept a ChatGPT login.
 */
function realtimeBase(
  { provider }: Settings,
  { mode, source }: Authorization,
): string {
  if (provider.baseUrl !== undefined && provider.baseUrl !== "") return provider.baseUrl;
  if (!isBackendMode(mode)) return defaultBaseUrl(mode);
  throw new CulvertError(
    "auth_missing",
    `A realtime session requires an API key; the credential in use is a ChatGPT login (${source.name})`,
    { hint: "Set OPENAI_API_KEY, or use --api-key-file.", details: { source: source.name } },
  );
}
