/**
 * A reply to a request of the doctor.
 *
 * @module
 */
import type { ApiReply } from "../../api/send_request.ts";

/** A reply of the API, and the method of its request. */
export interface ProbeReply extends ApiReply {
  readonly method: "GET" | "POST";
}
