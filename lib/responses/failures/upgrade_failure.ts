/**
 * Classifies a refused websocket upgrade.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { RefusalContext } from "./failure.ts";
import { type HttpFailure, httpFailure, type Refusal } from "./http_failures.ts";
import { isLikePlainGet } from "./plain_get.ts";

/**
 * Returns the failure of a refused upgrade. An answer like that to an ordinary GET, and 426 (the codex
 * client, 0.171.0, changes to SSE immediately), are about the websocket; every other status has the same
 * meaning as over HTTP.
 *
 * @param hasSse whether the caller could use SSE instead
 */
export function upgradeFailure(refusal: Refusal, context: RefusalContext, hasSse: boolean): HttpFailure {
  const failure = httpFailure(refusal, context);
  const { status } = refusal;
  // A web page names its sender, which is more specific.
  if (failure.error.code === "blocked" || (status !== 426 && !isLikePlainGet(status))) return failure;
  const { details, message } = failure.error;
  const why = status === 426
    ? ""
    : "; a proxy may have removed the Upgrade header, or base_url of the provider is wrong";
  return {
    error: new CulvertError("websocket", `${message}${why}`, {
      hint: hasSse
        ? "Use the transport sse or auto, or ask the administrator of the proxy to allow websocket upgrades."
        : "Ask the administrator of the proxy to allow websocket upgrades.",
      details,
      cause: failure.error,
    }),
    retryable: false,
  };
}
