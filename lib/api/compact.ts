/**
 * Compaction of a conversation: version 1 by `POST responses/compact`, version 2 by a turn whose last input item is a
 * `compaction_trigger`.
 *
 * @module
 */
import { z } from "zod";
import { isCodexBackend } from "../auth/auth_headers.ts";
import type { Authorization } from "../auth/authenticator.ts";
import { CulvertError } from "../errors.ts";
import { isItem, type ResponseItem } from "../responses/events/items.ts";
import { betaHeaders, identityHeaders, routingHint } from "../responses/request/identity.ts";
import { requestBody, type TurnRequest } from "../responses/request/request.ts";
import { TURN_STATE } from "../responses/request/turn_state.ts";
import { type Compaction, Session, type SessionOptions } from "../responses/turn/session.ts";
import { call } from "./call.ts";
import type { ApiConnection } from "./send_request.ts";

/** Maximum number of stream retries of a compaction by a turn (as codex 0.171.0). */
const STREAM_RETRIES = 2;
/** The reply of version 1 may take this many times the idle timeout of a stream (as codex 0.171.0). */
const TIMEOUT_FACTOR = 4;

const replySchema = z.object({ output: z.array(z.custom<ResponseItem>(isItem)) });

/**
 * Compacts a conversation by `POST responses/compact`. The sticky state in the reply is that of the next turn
 * of the session.
 *
 * @param request the model and the conversation
 * @param compaction from the session that the conversation belongs to; its window number is incremented
 * @returns the items that replace the conversation; without input no request is sent
 * @throws CulvertError as `call`
 */
export async function compactConversation(
  connection: ApiConnection,
  request: TurnRequest,
  compaction: Compaction,
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly ResponseItem[]> {
  if (request.input.length === 0) return [];
  const { settings: { provider } } = connection;
  const { context, state } = compaction;
  const headersFor = (authorization: Authorization) => {
    const { "x-client-request-id": _, ...ids } = identityHeaders(context, request);
    const { installationId } = context.identity;
    return {
      ...ids,
      ...betaHeaders(provider),
      ...(installationId === undefined ? {} : { "x-codex-installation-id": installationId }),
      ...(state.value === undefined ? {} : { [TURN_STATE]: state.value }),
      ...(isCodexBackend(provider, authorization)
        ? { "x-codex-routing-hint": routingHint(request.model, request.serviceTier) }
        : {}),
    };
  };
  const { headers, value } = await call(connection, {
    endpoint: "/responses/compact",
    method: "POST",
    headers: headersFor,
    body: ({ mode }) => ({ json: compactBody(request, compaction, provider.name, mode === "apikey") }),
    timeoutMs: TIMEOUT_FACTOR * provider.streamIdleTimeoutMs,
    idempotent: true,
    schema: replySchema,
    ...options,
  });
  state.offer(headers.get(TURN_STATE));
  compaction.done();
  return value.output;
}

function compactBody(
  request: TurnRequest,
  { context }: Compaction,
  providerName: string,
  isApiKey: boolean,
): Readonly<Record<string, unknown>> {
  const whole = requestBody(request, {
    providerName,
    sessionId: context.identity.sessionId,
    clientMetadata: {},
  });
  const { input, instructions, model, parallel_tool_calls, prompt_cache_key, reasoning, text, tools } = whole;
  return {
    model,
    input,
    ...(instructions === undefined ? {} : { instructions }),
    ...(tools === undefined || tools.length === 0 ? {} : { tools }),
    parallel_tool_calls,
    ...(Object.keys(reasoning).length === 0 ? {} : { reasoning }),
    ...(whole.service_tier === undefined || isApiKey ? {} : { service_tier: whole.service_tier }),
    prompt_cache_key,
    ...(text === undefined ? {} : { text }),
  };
}

/**
 * Compacts a conversation by a turn, which must return exactly one compaction item.
 *
 * @param session creates the session of the turn, which makes at most two stream retries
 * @returns the items that replace the conversation: only the compaction item
 * @throws CulvertError as the turn; `response_failed` for no compaction item or several, which is not retried
 */
export async function compactByTurn(
  session: SessionOptions,
  request: TurnRequest,
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly ResponseItem[]> {
  if (request.input.length === 0) return [];
  const { provider } = session;
  const streamMaxRetries = Math.min(provider.streamMaxRetries, STREAM_RETRIES);
  using compacting = new Session({
    ...session,
    requestKind: "compaction",
    provider: { ...provider, streamMaxRetries },
  });
  const turn = compacting.turn(
    { ...request, input: [...request.input, { type: "compaction_trigger" }] },
    options,
  );
  await turn.text();
  const found = turn.items.filter(({ type }) => type === "compaction");
  const [item] = found;
  if (item !== undefined && found.length === 1) return [item];
  throw new CulvertError(
    "response_failed",
    `The compaction was answered with ${found.length} compaction items instead of one`,
    {
      hint: "The server may not support this method of compaction. Try the other --method.",
      details: { items: turn.items.map(({ type }) => type) },
    },
  );
}
