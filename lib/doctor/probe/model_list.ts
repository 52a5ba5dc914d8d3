/**
 * The reply to `GET models`, which several checks examine. The request costs nothing.
 *
 * @module
 */
import { sendRequest } from "../../api/send_request.ts";
import { MODELS_REQUEST, modelsIn } from "../../api/models.ts";
import { RequestScope } from "../../auth/request_scope.ts";
import type { DoctorContext } from "../context.ts";
import type { ProbeReply } from "./probe_reply.ts";
import { jsonObject } from "../../text/json.ts";

/**
 * Sends the request with the headers of a turn. A 401 is returned unchanged.
 *
 * @throws CulvertError of the network and TLS codes; the signal's reason
 */
export async function requestModelList(context: DoctorContext, signal: AbortSignal): Promise<ProbeReply> {
  const connection = await context.connection();
  // The time limit of the check ends the request.
  const request = { ...MODELS_REQUEST, signal };
  return { method: "GET", ...await sendRequest(connection, probeScope(connection), request) };
}

/** Returns the scope of a request that renews no credential. */
export function probeScope(connection: Awaited<ReturnType<DoctorContext["connection"]>>): RequestScope {
  return new RequestScope({ ...connection, provider: connection.settings.provider, recovers: false });
}

/** Returns the names in a list of models; `undefined` if the body is not a list. */
export function modelNames(text: string): readonly string[] | undefined {
  return modelsIn(jsonObject(text))?.map(({ slug }) => slug);
}
