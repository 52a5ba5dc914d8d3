/**
 * The check of the servers on loopback that are built on hono.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import { relayFailureResponse, RelayRefusal } from "../relay/relay_error.ts";
import { refuseWebPages } from "../relay/relay_guard.ts";

/**
 * Returns the refusal of a request that a page of another site made, or that came by another host name than those of
 * this machine.
 *
 * @param port where the server listens
 */
export function loopbackRefusal(
  request: Pick<Request, "headers" | "method" | "url">,
  port: number,
): Response | undefined {
  try {
    const rawHeaders = [...request.headers].flat();
    refuseWebPages({ method: request.method, path: request.url, rawHeaders, isUpgrade: false }, port);
    return undefined;
  } catch (error) {
    if (error instanceof RelayRefusal) return relayFailureResponse(error);
    throw error;
  }
}

/** Makes the check of a hono application. */
export function loopbackOnly(port: () => number): MiddlewareHandler {
  return async (context, next) => {
    const refused = loopbackRefusal(context.req.raw, port());
    if (refused !== undefined) return refused;
    await next();
    return undefined;
  };
}
