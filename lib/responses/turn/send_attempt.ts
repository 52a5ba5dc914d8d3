/**
 * Sends the request of one attempt of a turn, with the authorization that it is given.
 *
 * @module
 */
import type { Authorization } from "../../auth/authenticator.ts";
import type { RequestScope } from "../../auth/request_scope.ts";
import type { Answer } from "../../auth/with_authorization.ts";
import type { RequestFacts } from "../../net/observer.ts";
import type { RefusalContext } from "../failures/http_failures.ts";
import { refusedAnswer } from "../failures/rejection.ts";
import { secretsOf } from "../failures/server_text.ts";
import type { TurnRequest } from "../request/request.ts";
import { baseUrl, endpointUrl } from "../request/url.ts";
import type { Opened, Transport } from "../transport/transport.ts";
import type { TurnParts } from "./run_turn.ts";

/** What is sent, and over which transport. */
interface AttemptRequest {
  readonly parts: TurnParts;
  readonly request: TurnRequest;
  readonly scope: RequestScope;
  readonly signal: AbortSignal;
  readonly transport: Transport;
}

/** An {@link Answer} with the response or the refusal that it was made from. */
export type OpenedAnswer = Answer & { readonly opened: Opened };

/** The sender of one attempt. It may send several times: again after a recovery from 401. */
export class AttemptSender {
  readonly #attempt: AttemptRequest;
  #url: URL | undefined;

  constructor(attempt: AttemptRequest) {
    this.#attempt = attempt;
  }

  /** Where the last request was sent; `undefined` before the first. */
  get url(): URL | undefined {
    return this.#url;
  }

  /**
   * Sends the request.
   *
   * @param sent identifies the request in observations, and as a span in its trace
   * @throws CulvertError of the network, TLS and configuration codes; the signal's reason
   */
  readonly send = async (authorization: Authorization, sent: RequestFacts): Promise<OpenedAnswer> => {
    const { parts, request, scope, signal, transport } = this.#attempt;
    const { context, facts, provider } = parts;
    this.#url = endpointUrl(baseUrl(provider, authorization.mode), "responses");
    const trace = scope.traceHeaders(sent) ?? context.trace;
    const traced = trace === undefined ? context : { ...context, trace };
    const call = { request, context: traced, authorization, turnState: facts.state.value, signal };
    return answerOf(await transport.open(call), refusalContext(parts, authorization));
  };
}

/** Describes an opened response or a refusal to `withAuthorization`. */
export function answerOf(opened: Opened, context: RefusalContext): OpenedAnswer {
  if (opened.kind === "refused") return { ...refusedAnswer(opened.refusal, context), opened };
  const { headers, reused, transport } = opened.stream.head;
  return { status: transport === "sse" ? 200 : 101, headers, reused, opened };
}

/**
 * Returns what a refusal is judged with.
 *
 * @param authorization of the refused request; the values of its headers are removed from messages
 */
export function refusalContext(
  { provider, world }: TurnParts,
  { headers, mode }: Authorization,
): RefusalContext {
  const secrets = [...secretsOf(headers), ...secretsOf(provider.headers)];
  return { now: world.now(), secrets, mode, providerName: provider.name };
}
