/**
 * Opens a websocket: tunnel, TLS and handshake within one time limit.
 *
 * @module
 */
import { type Deadline, deadline } from "../../async/deadline.ts";
import { raceAbort } from "../../async/race_abort.ts";
import { FaultError } from "../failure/fault.ts";
import { stageTimeout } from "../failure/stage.ts";
import { requestHeaders } from "../request_headers.ts";
import type { TapSource } from "../tap_source.ts";
import type { Route } from "../route/route.ts";
import { type ByteConn, closeQuietly } from "../tunnel/byte_conn.ts";
import { type Attempt, attemptFailure, type ConnectParts, establish, observed } from "../tunnel/establish.ts";
import { readBody } from "../tunnel/http/http_body.ts";
import type { HttpHead } from "../tunnel/http/http_head.ts";
import type { WebSocketOutcome, WebSocketRequest } from "./websocket.ts";
import { BoundedDeflate } from "./bounded_deflate.ts";
import { Channel } from "./websocket_channel.ts";
import { createHandshake, type Handshake, requestUpgrade } from "./websocket_handshake.ts";
import { type TappedSocket, tapSocket } from "./tapped_socket.ts";
import { extension, PerMessageDeflate } from "./ws_parts.ts";

/** Default size limit of a message, bytes: above any event that was observed. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Largest part of a refusal's body that is kept, bytes. */
const MAX_BODY_BYTES = 65_536;
/** Time limit for a refusal's body, ms: the status is already known and is more important. */
const BODY_MS = 2000;

/** The parts of the dialer that opening a websocket uses. */
export interface SocketParts extends ConnectParts {
  /** Creates the tap of each websocket; absent: nothing is reported. */
  readonly taps?: TapSource;
}

/**
 * Opens a websocket. `Dialer.openWebSocket` lists the errors.
 *
 * @param route as resolved for the request's URL
 */
export async function openWebSocket(
  request: WebSocketRequest,
  route: Route,
  parts: SocketParts,
): Promise<WebSocketOutcome> {
  const { url, signal, connectTimeoutMs: limitMs } = request;
  const { maxMessageBytes = MAX_MESSAGE_BYTES, offersCompression = true } = request;
  const deflate = offersCompression
    ? new BoundedDeflate({ isServer: false, maxPayload: maxMessageBytes })
    : undefined;
  const handshake = createHandshake({
    url,
    headers: requestHeaders(request.headers, parts.userAgent),
    extensions: deflate === undefined
      ? undefined
      : extension.format({ [PerMessageDeflate.extensionName]: deflate.offer() }),
    subprotocols: request.subprotocols ?? [],
  });
  const tapped = parts.taps === undefined ? undefined : tapSocket(parts.taps, handshake, parts.world);
  const asked: Asked = {
    handshake,
    deflate,
    maxMessageBytes,
    upgradeTimeoutMs: request.upgradeTimeoutMs,
    tapped,
  };
  using limit = deadline(limitMs, parts.world, signal);
  const attempt: Attempt = { url, route, transport: "websocket", limit, progress: { stage: "resolve" } };
  let conn: ByteConn | undefined;
  try {
    signal?.throwIfAborted();
    ({ conn } = await establish(attempt, parts));
    attempt.progress.stage = "upgrade";
    return await upgrade(conn, asked, attempt, parts);
  } catch (thrown) {
    if (conn !== undefined) closeQuietly(conn);
    const error = await attemptFailure(thrown, attempt, { limitMs, signal }, parts);
    tapped?.failed(signal?.aborted === true ? "aborted" : "failed", error);
    throw error;
  }
}

/** The request for one websocket. */
interface Asked {
  readonly handshake: Handshake;
  /** `undefined` if compression is not offered. */
  readonly deflate: PerMessageDeflate | undefined;
  readonly maxMessageBytes: number;
  readonly upgradeTimeoutMs: number | undefined;
  readonly tapped: TappedSocket | undefined;
}

async function upgrade(
  conn: ByteConn,
  { handshake, deflate, maxMessageBytes, upgradeTimeoutMs, tapped }: Asked,
  attempt: Attempt,
  parts: ConnectParts,
): Promise<WebSocketOutcome> {
  const { url, route, limit } = attempt;
  const head = await observed(
    attempt,
    parts,
    () => answerWithin(upgradeTimeoutMs, requestUpgrade(conn, handshake), limit, route, parts),
    (facts, answer) => ({
      kind: "headers",
      ...facts,
      method: "GET",
      reused: false,
      ...(answer === undefined ? {} : { status: answer.status }),
    }),
  );
  if (head.status !== 101) {
    using body = deadline(BODY_MS, parts.world, limit.signal);
    const outcome = await refused(conn, head, route, body.signal);
    tapped?.refused(head, outcome.body);
    return outcome;
  }
  const agreed = agreedOn(head, deflate);
  const channel = new Channel({
    conn: tapped === undefined ? conn : tapped.opened(head, conn),
    headers: head.headers,
    subprotocol: head.headers.get("sec-websocket-protocol") ?? undefined,
    url,
    route,
    world: parts.world,
    maxMessageBytes,
    early: head.rest,
    broken: (thrown) => parts.broken(thrown, url, route),
    ...(agreed && deflate !== undefined ? { deflate } : {}),
  });
  return { kind: "open", channel };
}

/** Waits for the answer to an upgrade, with a separate time limit. */
async function answerWithin(
  limitMs: number | undefined,
  answer: Promise<HttpHead>,
  whole: Deadline,
  route: Route,
  { world }: ConnectParts,
): Promise<HttpHead> {
  if (limitMs === undefined) return await raceAbort(answer, whole.signal);
  using limit = deadline(limitMs, world, whole.signal);
  try {
    return await raceAbort(answer, limit.signal);
  } catch (error) {
    throw limit.isExpired ? new FaultError(stageTimeout("upgrade", limitMs, route)) : error;
  }
}

async function refused(
  conn: ByteConn,
  head: HttpHead,
  route: Route,
  signal: AbortSignal,
): Promise<Extract<WebSocketOutcome, { readonly kind: "refused" }>> {
  try {
    const body = await readBody(conn, head, MAX_BODY_BYTES, signal);
    return { kind: "refused", status: head.status, headers: head.headers, body, route };
  } finally {
    closeQuietly(conn);
  }
}

/** Returns whether compression was negotiated. Any other extension in the answer was never offered. */
function agreedOn(head: HttpHead, deflate: PerMessageDeflate | undefined): boolean {
  const value = head.headers.get("sec-websocket-extensions");
  if (value === null || value === "") return false;
  try {
    const answered = extension.parse(value);
    const ours = answered[PerMessageDeflate.extensionName];
    if (deflate === undefined || ours === undefined || Object.keys(answered).length !== 1) {
      throw new Error("not offered");
    }
    deflate.accept(ours);
    return true;
  } catch {
    throw new FaultError({
      code: "websocket",
      at: "target",
      reason: "the server selected a websocket extension that was not offered",
    });
  }
}
