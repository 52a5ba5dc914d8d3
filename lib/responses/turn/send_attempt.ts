/**
 * Sends the request of one attempt of a turn, with the authorization that it is given.
 *
 * @module
 */
import type { Authorization } from "../../auth/authenticator.ts";
import type { RequestScope } from "../../auth/request_scope.ts";
import type { Answer } from "../../auth/with_authorization.ts";
import { asCulvertError } from "../../errors.ts";
import type { RequestFacts } from "../../net/observer.ts";
import { serverEvidence } from "../../net/server_evidence.ts";
import { type RefusalContext, refusalContext } from "../failures/failure.ts";
import type { CallTrace, TurnTrace } from "../request/inference_trace.ts";
import type { TurnRequest } from "../request/request.ts";
import { baseUrl, endpointUrl } from "../request/url.ts";
import type { Call, Opened, Transport } from "../transport/transport.ts";
import type { TurnParts } from "./run_turn.ts";

/** What is sent, and over which transport. */
interface AttemptRequest {
  readonly parts: TurnParts;
  readonly request: TurnRequest;
  readonly scope: RequestScope;
  readonly signal: AbortSignal;
  readonly transport: Transport;
  /** Absent if no inference trace is written. */
  readonly inference: TurnTrace | undefined;
}

/** An {@link Answer} with the response or the refusal that it was made from, and the trace of its call. */
export type OpenedAnswer = Answer & { readonly opened: Opened; readonly call?: CallTrace };

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
    const { inference, parts, request, scope, signal, transport } = this.#attempt;
    const { context, facts, provider } = parts;
    this.#url = endpointUrl(baseUrl(provider, authorization.mode), "responses");
    const trace = scope.traceHeaders(sent) ?? context.trace;
    const traced = trace === undefined ? context : { ...context, trace };
    const call = { request, context: traced, authorization, turnState: facts.state.value, signal };
    const judging = contextOf(parts, authorization, request);
    if (inference === undefined) return await answerOf(await transport.open(call), judging);
    return await openTraced(transport, call, inference.attempt(transport.name, signal), judging);
  };
}

/** Opens a response and tells the trace of a failure. An abort is told by the signal. */
async function openTraced(
  transport: Transport,
  call: Call,
  recorder: CallTrace,
  judging: RefusalContext,
): Promise<OpenedAnswer> {
  try {
    const opened = await transport.open({ ...call, recorder });
    if (opened.kind === "refused") {
      const { headers, status: httpStatus } = opened.refusal;
      const { httpFailure } = await import("../failures/http_failures.ts");
      const { message: error } = httpFailure(opened.refusal, judging).error;
      const upstreamRequestId = serverEvidence(headers).requestId;
      recorder.end({ kind: "failed", error, upstreamRequestId, httpStatus });
    }
    return { ...await answerOf(opened, judging), call: recorder };
  } catch (thrown) {
    const isCancelled = call.signal.aborted;
    recorder.end(
      isCancelled ? { kind: "cancelled" } : { kind: "failed", error: asCulvertError(thrown).message },
    );
    throw thrown;
  }
}

/** Describes an opened response or a refusal to `withAuthorization`. */
export async function answerOf(opened: Opened, context: RefusalContext): Promise<OpenedAnswer> {
  if (opened.kind === "refused") {
    const { refusedAnswer } = await import("../failures/rejection.ts");
    return { ...refusedAnswer(opened.refusal, context), opened };
  }
  const { headers, reused, transport } = opened.stream.head;
  return { status: transport === "sse" ? 200 : 101, headers, reused, opened };
}

/** Returns the facts by which a refusal of a turn's request is classified. */
export function contextOf(
  { provider, world }: TurnParts,
  authorization: Authorization,
  { previousResponseId }: TurnRequest,
): RefusalContext {
  const context = refusalContext(provider, authorization, world.now());
  return previousResponseId === undefined ? context : { ...context, previousResponseId };
}
