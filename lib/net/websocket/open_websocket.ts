/**
 * Opens a websocket: tunnel, TLS, handshake, all within one limit of time.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { WebSocketOutcome, WebSocketRequest } from "./websocket.ts";
import { doctorCommand, hostAndPort } from "../failure/explain.ts";
import { FaultError } from "../failure/fault.ts";
import { readBody } from "../tunnel/http_body.ts";
import type { HttpHead } from "../tunnel/http_head.ts";
import { requestHeaders } from "../request_headers.ts";
import { describeRoute, type Route } from "../route/route.ts";
import { closeQuietly, openTunnel, secure, targetOf, type TunnelParts } from "../tunnel/tunnel.ts";
import { Channel } from "./websocket_channel.ts";
import { requestUpgrade } from "./websocket_handshake.ts";
import { extension, PerMessageDeflate } from "./ws_parts.ts";
import { raceAbort } from "../../async/race_abort.ts";

/** Of a message, unless the caller says otherwise: above any event that was seen, below what hurts. Bytes. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Of a refusal's body, bytes. */
const MAX_BODY_BYTES = 65_536;
/** For a refusal's body, ms: its status is known, and that is what counts. */
const BODY_MS = 2000;

/** What opening needs of its dialer. */
export interface OpenParts extends TunnelParts {
  /** Makes the error for whatever was thrown on the way. */
  readonly fail: (
    thrown: unknown,
    url: URL,
    route: Route,
    signal: AbortSignal | undefined,
  ) => Promise<CulvertError>;
  /** The same for a connection that stood. */
  readonly broken: (thrown: unknown, url: URL, route: Route) => CulvertError;
}

/**
 * Opens one. See `Dialer.openWebSocket` for what it throws.
 *
 * @param route as resolved for the request's URL
 */
export async function openWebSocket(
  request: WebSocketRequest,
  route: Route,
  parts: OpenParts,
): Promise<WebSocketOutcome> {
  const { url, signal } = request;
  const headers = requestHeaders(request.headers, parts.userAgent);
  const late = new AbortController();
  const done = new AbortController();
  parts.world.sleep(request.connectTimeoutMs, done.signal).then(() => late.abort(), () => undefined);
  const until = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]);
  const progress = { stage: "connecting" };
  try {
    return await open(request, headers, route, parts, until, progress);
  } catch (error) {
    signal?.throwIfAborted();
    if (late.signal.aborted) throw tooLate(request, route, progress.stage);
    const failure = await parts.fail(error, url, route, signal);
    signal?.throwIfAborted();
    throw failure;
  } finally {
    done.abort();
  }
}

async function open(
  request: WebSocketRequest,
  headers: Headers,
  route: Route,
  parts: OpenParts,
  until: AbortSignal,
  progress: { stage: string },
): Promise<WebSocketOutcome> {
  const { url } = request;
  const target = targetOf(url);
  const tcp = await openTunnel(target, route, parts, until);
  progress.stage = "the TLS handshake";
  const conn = url.protocol === "wss:" ? await secure(tcp, target.host, parts, until) : tcp;
  try {
    progress.stage = "the answer to the upgrade";
    const maxMessageBytes = request.maxMessageBytes ?? MAX_MESSAGE_BYTES;
    const deflate = new PerMessageDeflate({ isServer: false, maxPayload: maxMessageBytes });
    const offer = extension.format({ [PerMessageDeflate.extensionName]: deflate.offer() });
    const head = await raceAbort(requestUpgrade(conn, url, headers, offer), until);
    if (head.status !== 101) return await refused(conn, head, route, parts);
    const agreed = agreedOn(head, deflate);
    const channel = new Channel({
      conn,
      headers: head.headers,
      url,
      route,
      world: parts.world,
      maxMessageBytes,
      early: head.rest,
      broken: (thrown) => parts.broken(thrown, url, route),
      ...(agreed ? { deflate } : {}),
    });
    return { kind: "open", channel };
  } catch (error) {
    closeQuietly(conn);
    throw error;
  }
}

async function refused(
  conn: Deno.Conn,
  head: HttpHead,
  route: Route,
  parts: OpenParts,
): Promise<WebSocketOutcome> {
  const late = new AbortController();
  const done = new AbortController();
  parts.world.sleep(BODY_MS, done.signal).then(() => late.abort(), () => undefined);
  try {
    const body = await readBody(conn, head, MAX_BODY_BYTES, late.signal);
    return { kind: "refused", status: head.status, headers: head.headers, body, route };
  } finally {
    done.abort();
    closeQuietly(conn);
  }
}

/** Whether compression was agreed on. Anything else that the server claims was never offered. */
function agreedOn(head: HttpHead, deflate: PerMessageDeflate): boolean {
  const value = head.headers.get("sec-websocket-extensions");
  if (value === null || value === "") return false;
  try {
    const answered = extension.parse(value);
    const ours = answered[PerMessageDeflate.extensionName];
    if (ours === undefined || Object.keys(answered).length !== 1) throw new Error("not offered");
    deflate.accept(ours);
    return true;
  } catch {
    throw new FaultError({
      code: "websocket",
      at: "target",
      reason: "the server claims a websocket extension that was not offered to it",
    });
  }
}

function tooLate(request: WebSocketRequest, route: Route, stage: string): CulvertError {
  const { url, connectTimeoutMs } = request;
  return new CulvertError(
    "connect_timeout",
    `The websocket to ${hostAndPort(url)} did not open within ${connectTimeoutMs} ms: stuck in ${stage} ` +
      `(route: ${describeRoute(route)})`,
    {
      hint: `Some proxies swallow websockets silently. For the whole picture: ${doctorCommand(url)}`,
      details: { host: url.host, timeout_ms: connectTimeoutMs, stage, route: describeRoute(route) },
    },
  );
}
