/**
 * Creates a realtime call: exchanges the SDP offer of a WebRTC client for the answer of the server (codex client
 * 0.171.0).
 *
 * @module
 */
import { sendWithRetries } from "../../api/call.ts";
import { type ApiConnection, type ApiRequest, type RequestBody } from "../../api/send_request.ts";
import { CulvertError } from "../../errors.ts";
import { baseUrl } from "../../responses/request/url.ts";
import { DEFAULT_MODEL } from "../protocol/protocol_version.ts";
import { type ConversationSession, type Json, sessionObject } from "../protocol/session_update.ts";
import { callIdIn } from "./call_id.ts";

/** A call to create. */
export interface CallOffer {
  /** The SDP offer. */
  readonly sdp: string;
  /** The session, v1 or v3. Absent: only the offer is sent. */
  readonly session?: ConversationSession;
  /** Default that of the version. */
  readonly model?: string;
  readonly signal?: AbortSignal;
}

/** A call that was created. */
export interface CreatedCall {
  /** The SDP answer. */
  readonly sdp: string;
  readonly callId: string;
}

/** The name of the endpoint in observations and errors. */
const ENDPOINT = "/realtime/calls";

const BOUNDARY = "codex-realtime-call-boundary";

/**
 * Creates a call. It is sent again only if the server has not processed it: any other repetition could create
 * a second call.
 *
 * @throws CulvertError `usage` for a session that a call cannot have; by status as for a turn;
 * `response_failed` for an answer without a call id; `auth_*`, of the network and TLS codes; the reason of
 * the signal
 */
export async function createCall(connection: ApiConnection, offer: CallOffer): Promise<CreatedCall> {
  const { sdp, session, signal } = offer;
  const object = session === undefined ? undefined : callSession(session, offer.model);
  const { settings: { provider } } = connection;
  const { mode } = await connection.authenticator.authorize(signal);
  const isBackend = baseUrl(provider, mode).includes("/backend-api");
  const version = session?.version;
  const request: ApiRequest = {
    endpoint: ENDPOINT,
    method: "POST",
    path: version === "v3" && !isBackend ? "live" : "realtime/calls",
    query: version === "v1" || (version === "v3" && isBackend)
      ? { intent: "quicksilver", architecture: "avas" }
      : {},
    headers: { accept: "application/sdp" },
    body: bodyOf(sdp, object, isBackend),
    ...(signal === undefined ? {} : { signal }),
  };
  const reply = await sendWithRetries(connection, request);
  return { sdp: reply.text, callId: callIdIn(reply.headers.get("location")) };
}

function callSession(session: ConversationSession, model = DEFAULT_MODEL[session.version]): Json {
  if (session.version === "v2") {
    throw new CulvertError("usage", "The realtime protocol v2 has no calls", {
      hint: "Use v1 or v3 for a call, or open a websocket.",
    });
  }
  const { id: _, ...object } = { id: undefined, ...sessionObject({ ...session, model }) };
  return { ...object, model };
}

function bodyOf(sdp: string, session: Json | undefined, isBackend: boolean): RequestBody {
  if (session === undefined) return { bytes: new TextEncoder().encode(sdp), contentType: "application/sdp" };
  if (isBackend) return { json: { sdp, session } };
  const parts = [
    part("sdp", "application/sdp", sdp),
    part("session", "application/json", JSON.stringify(session)),
    `--${BOUNDARY}--\r\n`,
  ];
  return {
    bytes: new TextEncoder().encode(parts.join("")),
    contentType: `multipart/form-data; boundary=${BOUNDARY}`,
  };
}

/** Returns one part of a form (RFC 7578). */
function part(name: string, type: string, content: string): string {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\nContent-Type: ${type}\r\n\r\n${content}\r\n`;
}
