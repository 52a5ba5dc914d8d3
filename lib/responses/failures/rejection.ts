/**
 * Describes a 401 for the recovery.
 *
 * @module
 */
import type { Authorization, Rejection } from "../../auth/authenticator.ts";
import type { Answer } from "../../auth/with_authorization.ts";
import { serverEvidence } from "../../net/server_evidence.ts";
import type { TransportName } from "../events/events.ts";
import { isRegionDenied } from "./denial.ts";
import type { RefusalContext } from "./failure.ts";
import { httpFailure, type Refusal } from "./http_failures.ts";
import { errorInBody, type Secrets, shownText } from "./server_text.ts";

/**
 * Describes a refusal to `withAuthorization`, which recovers from a 401 unless it is not about the credential
 * that was sent.
 */
export function refusedAnswer(refusal: Refusal, context: RefusalContext): Answer {
  const { headers, status } = refusal;
  const isRecoverable = status === 401 && httpFailure(refusal, context).isForeign !== true;
  return {
    status,
    headers,
    ...(isRegionDenied(status, refusal.body) ? { denial: "geographic" as const } : {}),
    ...(isRecoverable ? { rejected: rejectedBy(refusal, context.secrets) } : {}),
  };
}

/** Reads from the body of a 401 the facts that the recovery depends on. */
function rejectedBy(refusal: Refusal, secrets: Secrets): Pick<Rejection, "url" | "message" | "code"> {
  const { message, code } = errorInBody(refusal.body) ?? {};
  return {
    ...(refusal.url === undefined ? {} : { url: refusal.url }),
    ...(typeof message === "string" ? { message: shownText(message, secrets) } : {}),
    ...(typeof code === "string" ? { code: shownText(code, secrets) } : {}),
  };
}

/** Describes a 401 that arrived inside a response. */
export function rejectionOf(
  refusal: Refusal,
  transport: TransportName,
  sent: Authorization,
  secrets: Secrets,
): Rejection {
  return {
    endpoint: "/responses",
    transport: transport === "sse" ? "http" : "websocket",
    evidence: serverEvidence(refusal.headers),
    sent,
    ...rejectedBy(refusal, secrets),
  };
}
