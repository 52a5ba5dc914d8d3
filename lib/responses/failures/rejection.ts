/**
 * A 401, told to recovery.
 *
 * @module
 */
import type { Authorization, Rejection } from "../../auth/authenticator.ts";
import { serverEvidence } from "../../net/server_evidence.ts";
import type { TransportName } from "../events/events.ts";
import type { Refusal } from "./http_failures.ts";
import { errorInBody, type Secrets, shownText } from "./server_text.ts";

/** What was sent, what came back, and what the server said of it. */
export function rejectionOf(
  refusal: Refusal,
  transport: TransportName,
  sent: Authorization,
  secrets: Secrets,
): Rejection {
  const { message, code } = errorInBody(refusal.body) ?? {};
  return {
    endpoint: "/responses",
    transport: transport === "sse" ? "http" : "websocket",
    evidence: serverEvidence(refusal.headers),
    sent,
    ...(refusal.url === undefined ? {} : { url: refusal.url }),
    ...(typeof message === "string" ? { message: shownText(message, secrets) } : {}),
    ...(typeof code === "string" ? { code } : {}),
  };
}
