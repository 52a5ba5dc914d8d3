/**
 * Prewarming: the websocket is opened and the settings of the first request are sent before its input is known, so
 * that the first turn sends its input alone.
 *
 * @module
 */
import type { RequestScope } from "../../auth/request_scope.ts";
import { withAuthorization } from "../../auth/with_authorization.ts";
import { asCulvertError } from "../../errors.ts";
import { networkFailure, type RefusalContext } from "../failures/failure.ts";
import { httpFailure } from "../failures/http_failures.ts";
import { secretsOf } from "../failures/server_text.ts";
import type { RequestContext } from "../request/identity.ts";
import type { TurnRequest } from "../request/request.ts";
import type { EventStream, Transport } from "../transport/transport.ts";
import {
  failedPreparation as failed,
  type PreparationOutcome,
  refusedBy,
} from "../transport/websocket/preparation.ts";
import { ResponseReader } from "./reading/response_reader.ts";
import { answerOf } from "./send_attempt.ts";
import type { TurnFacts } from "./turn_facts.ts";

/** What a prewarm request is built from. */
export interface PrewarmParts {
  readonly scope: RequestScope;
  readonly context: RequestContext;
  /** The sticky state and the rate limits in it are those of the first turn. */
  readonly facts: TurnFacts;
  /** A websocket transport that sends no input and asks for no output. */
  readonly transport: Transport;
}

/** Prewarms. Failures are outcomes, not exceptions: the first turn meets and reports them itself. */
export async function prewarm(
  request: TurnRequest,
  { context, facts, scope, transport }: PrewarmParts,
  signal: AbortSignal,
): Promise<PreparationOutcome> {
  const { world } = scope;
  const refusalContext = (headers: Readonly<Record<string, string>>): RefusalContext => ({
    now: world.now(),
    secrets: secretsOf(headers),
  });
  const send = { endpoint: "/responses", transport: "websocket", model: request.model, signal } as const;
  try {
    const { answer: { opened }, authorization } = await withAuthorization(
      scope,
      send,
      async (authorization) => {
        const call = { request, context, authorization, turnState: undefined, signal };
        return await answerOf(await transport.open(call), refusalContext(authorization.headers));
      },
    );
    const judging = refusalContext(authorization.headers);
    if (opened.kind === "refused") {
      const { refusal } = opened;
      return failed({ level: "request", failure: httpFailure(refusal, judging), ...refusedBy(refusal) });
    }
    return await readPrewarm(opened.stream, new ResponseReader(facts, opened.stream.head, judging));
  } catch (thrown) {
    return failed({ level: "request", failure: networkFailure(asCulvertError(thrown)) });
  }
}

/** Reads the response of a prewarm request; its events are of no interest to the caller. */
async function readPrewarm(stream: EventStream, reader: ResponseReader): Promise<PreparationOutcome> {
  try {
    reader.begin();
    for (;;) {
      const texts = await stream.next();
      if (texts === null) return failed({ level: "stream", failure: reader.ended() });
      const end = reader.read(texts, []);
      if (end?.kind === "failed") return failed({ level: "stream", failure: end.failure, status: 0 });
      stream.progressed();
      if (end === undefined) continue;
      stream.release(end.response);
      return { kind: "warm", responseId: end.response.id };
    }
  } finally {
    stream.release();
  }
}
