/**
 * A request to the endpoint of turns that starts no turn: a POST without model and input. A server that has the
 * endpoint refuses it as invalid, so it costs nothing.
 *
 * @module
 */
import { sendRequest } from "../../api/send_request.ts";
import { MODELS_REQUEST } from "../../api/models.ts";
import { withAuthorization } from "../../auth/with_authorization.ts";
import { readText } from "../../net/dialer/body/read_text.ts";
import { describeRoute } from "../../net/route/route.ts";
import { httpCallHead } from "../../responses/transport/sse/http_call.ts";
import type { DoctorContext } from "../context.ts";
import { firstCall } from "../transport/turn_head.ts";
import { probeScope } from "./model_list.ts";
import type { ProbeReply } from "./probe_reply.ts";

/** Time kept for the report at the end, ms. */
const RESERVE_MS = 250;
/** Longest reply that is read, bytes: a refusal is short. */
const MAX_REPLY_BYTES = 64 * 1024;

/**
 * Sends the request with the headers of a turn. A 401 is returned unchanged.
 *
 * @throws CulvertError of the network and TLS codes, `redirect`; the signal's reason
 */
export async function requestEndpoint(context: DoctorContext, signal: AbortSignal): Promise<ProbeReply> {
  const connection = await context.connection();
  const { dialer, settings, world } = connection;
  const { answer, authorization } = await withAuthorization(
    probeScope(connection),
    { endpoint: "/responses", transport: "http", signal },
    async (authorization) => {
      const { headers, method, url: asked } = httpCallHead(
        firstCall(settings, world, authorization),
        settings.provider,
      );
      const sentAt = world.now();
      const begin = world.monotonic();
      const reply = await dialer.request({ method, url: asked, headers, body: "{}", signal });
      const answeredAt = world.now();
      const { status, url } = reply;
      const body = await readText(reply.body, { maxBytes: MAX_REPLY_BYTES, signal, keepPartial: true });
      const durationMs = world.monotonic() - begin;
      const route = describeRoute(reply.route);
      return { status, headers: reply.headers, ...body, asked, url, route, sentAt, answeredAt, durationMs };
    },
  );
  return { ...answer, authorization, method: "POST" };
}

/**
 * Finds a base URL that works, after no API was found at the configured one.
 *
 * @returns a base URL at the same origin with a list of models; `undefined` if there is none
 * @throws CulvertError of the network and TLS codes; the signal's reason
 */
export async function findBaseUrl(context: DoctorContext, signal: AbortSignal): Promise<string | undefined> {
  const base = await context.base();
  const connection = await context.connection();
  const found = await Promise.all(
    candidates(base).map(async (candidate) => {
      const timeoutMs = context.timeLeft(RESERVE_MS);
      const request = { ...MODELS_REQUEST, base: candidate, signal, timeoutMs };
      const { status, url } = await sendRequest(connection, probeScope(connection), request);
      return url.host === base.host && (status === 200 || status === 401) ? candidate : undefined;
    }),
  );
  return found.find((candidate) => candidate !== undefined);
}

/**
 * Returns the base URLs that the user may have meant: without the endpoint at the end, with `/v1` added,
 * `/v1` of the origin.
 */
function candidates(base: URL): readonly string[] {
  const path = base.pathname.replace(/\/+$/, "");
  const withoutEndpoint = path.replace(/\/(responses|chat\/completions|completions|models)$/, "");
  const paths = [withoutEndpoint, `${path}/v1`, "/v1"];
  return [...new Set(paths)].filter((each) => each !== path).map((each) => `${base.origin}${each}`);
}
