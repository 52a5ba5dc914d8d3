/**
 * Formats the evidence of a reply as details of an error and as text.
 *
 * @module
 */
import type { ServerEvidence } from "../../net/observer.ts";

/** Returns evidence as details of an error. */
export function evidenceDetails(evidence: ServerEvidence): Readonly<Record<string, string>> {
  const { requestId, cfRay, authError, authErrorCode } = evidence;
  return {
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(cfRay === undefined ? {} : { cf_ray: cfRay }),
    ...(authError === undefined ? {} : { auth_error: authError }),
    ...(authErrorCode === undefined ? {} : { auth_error_code: authErrorCode }),
  };
}

/** Returns evidence as the end of a message: ` (cf-ray …, request id …)`, or an empty string. */
export function evidenceText(evidence: ServerEvidence): string {
  const { requestId, cfRay, authError, authErrorCode } = evidence;
  const facts = [
    cfRay === undefined ? [] : [`cf-ray ${cfRay}`],
    requestId === undefined ? [] : [`request id ${requestId}`],
    authError === undefined ? [] : [`auth error ${authError}`],
    authErrorCode === undefined ? [] : [`auth error code ${authErrorCode}`],
  ].flat();
  return facts.length === 0 ? "" : ` (${facts.join(", ")})`;
}
