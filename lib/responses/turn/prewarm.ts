/**
 * A warm-up: the websocket is opened and the settings are sent before the first prompt is there, so that the
 * first turn only sends its input.
 *
 * @module
 */
import type { Authenticator } from "../../auth/authenticator.ts";
import { asCulvertError } from "../../errors.ts";
import { networkFailure } from "../failures/failure.ts";
import { httpFailure, type RefusalContext } from "../failures/http_failures.ts";
import type { RequestContext } from "../request/identity.ts";
import { ResponseReader } from "./reader.ts";
import type { TurnRequest } from "../request/request.ts";
import { secretsOf } from "../failures/server_text.ts";
import type { TurnFacts } from "./turn_facts.ts";
import { failedWarmUp as failed, type WarmUpOutcome } from "../transport/websocket/warm_up.ts";
import type { Transport } from "../transport/transport.ts";

/** What a warm-up stands on. */
export interface PrewarmParts {
  readonly authenticator: Authenticator;
  readonly context: RequestContext;
  /** Its sticky state and limits are those of the first turn. */
  readonly facts: TurnFacts;
  /** A websocket transport that warms up. */
  readonly transport: Transport;
  /** Epoch ms. */
  readonly now: number;
}

/** Warms up. Nothing of it is worth an error: the first turn finds out for itself what is wrong. */
export async function prewarm(
  request: TurnRequest,
  parts: PrewarmParts,
  signal: AbortSignal,
): Promise<WarmUpOutcome> {
  try {
    const authorization = await parts.authenticator.authorize(signal);
    const judging: RefusalContext = { now: parts.now, secrets: secretsOf(authorization.headers) };
    const { context, facts } = parts;
    const opened = await parts.transport.open({
      request,
      context,
      authorization,
      turnState: undefined,
      signal,
    });
    if (opened.kind === "refused") {
      const { refusal } = opened;
      return failed({ level: "request", failure: httpFailure(refusal, judging), status: refusal.status });
    }
    const { stream } = opened;
    try {
      const reader = new ResponseReader(facts, stream.head, judging);
      reader.begin();
      for (;;) {
        const texts = await stream.next();
        if (texts === null) return failed({ level: "stream", failure: reader.ended() });
        const end = reader.read(texts, []);
        if (end?.kind === "failed") return failed({ level: "stream", failure: end.failure, status: 0 });
        if (end === undefined) continue;
        stream.release(end.response);
        return { kind: "warm", responseId: end.response.id };
      }
    } finally {
      stream.release();
    }
  } catch (thrown) {
    return failed({ level: "request", failure: networkFailure(asCulvertError(thrown)) });
  }
}
