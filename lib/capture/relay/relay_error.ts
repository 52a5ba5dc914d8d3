/**
 * The errors of a relay, in the shape that clients of the API understand.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { OwnReply } from "../../net/server/forward/forwarding.ts";

/** A request that the relay refuses. */
export class RelayRefusal extends Error {
  override readonly name = "RelayRefusal";

  /**
   * @param status of the answer
   * @param code for programs, in snake case
   * @param message for people
   */
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

/**
 * Makes the answer for a failure: the status of a {@link RelayRefusal}; 401 where culvert has no credential that is
 * accepted, which clients do not repeat; 502 for everything on the network.
 *
 * @param channel title of the channel, where there is one
 */
export function relayFailure(error: unknown, channel?: string): OwnReply {
  const { status, code, message } = describe(error);
  const where = channel === undefined ? "" : ` (channel: ${channel})`;
  const body = { error: { message: message + where, type: "culvert_relay", code, param: null } };
  return { status, contentType: "application/json", body: `${JSON.stringify(body)}\n` };
}

/** Returns the same as a response of the platform. */
export function relayFailureResponse(error: unknown): Response {
  const { status, contentType, body } = relayFailure(error);
  return new Response(body, { status, headers: { "content-type": contentType, "connection": "close" } });
}

function describe(
  error: unknown,
): { readonly status: number; readonly code: string; readonly message: string } {
  if (error instanceof RelayRefusal) return error;
  if (error instanceof CulvertError) {
    const message = error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
    return { status: error.code.startsWith("auth_") ? 401 : 502, code: error.code, message };
  }
  const reason = error instanceof Error ? error.message : String(error);
  return { status: 502, code: "relay_failed", message: `The relay could not reach the server: ${reason}` };
}
