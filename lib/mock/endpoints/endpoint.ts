/**
 * The common parts of the unary endpoints of the simulated API: the check of the credential, JSON replies and
 * errors in the form of the API.
 *
 * @module
 */
import type { Context, Handler } from "hono";
import { identifier } from "../identifier.ts";
import type { Json, Refusal } from "../api/scenario.ts";

/** The parts of the API that an endpoint uses. */
export interface EndpointHost {
  /** Returns the refusal of a request whose credential is missing or not accepted. */
  readonly refusalOf: (request: Request) => Promise<Refusal | undefined>;
}

/** Returns the reply of a refusal. */
export function refusalReply({ body, headers, status }: Refusal): Response {
  const isText = typeof body === "string";
  return new Response(isText ? body : JSON.stringify(body), {
    status,
    headers: { "content-type": isText ? "text/plain" : "application/json", ...headers },
  });
}

/** Returns a handler that answers only requests with a credential that the API accepts. */
export function authorized(
  host: EndpointHost,
  handle: (context: Context) => Response | Promise<Response>,
): Handler {
  return async (context) => {
    const refused = await host.refusalOf(context.req.raw);
    return refused === undefined ? await handle(context) : refusalReply(refused);
  };
}

/** Returns a 200 reply with a request id. */
export function jsonReply(value: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(value, { headers: { "x-request-id": identifier("req"), ...headers } });
}

/** Returns a 400 reply about one parameter. */
export function badParameter(param: string, message: string): Response {
  const code = message.startsWith("Missing") ? "missing_required_parameter" : "invalid_value";
  return refusalReply({
    status: 400,
    headers: { "x-request-id": identifier("req") },
    body: { error: { message, type: "invalid_request_error", param, code } },
  });
}

/** Returns a 404 reply in the form of the API. */
export function notFound(message: string): Response {
  return refusalReply({
    status: 404,
    headers: { "x-request-id": identifier("req") },
    body: { error: { message, type: "invalid_request_error", param: "id", code: null } },
  });
}

/** Reads the body of a request as a JSON object; `undefined` for any other body. */
export async function jsonBody(context: Context): Promise<Json | undefined> {
  try {
    const value: unknown = await context.req.json();
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    // The body is not JSON, so the endpoint reports missing parameters.
    return undefined;
  }
}
