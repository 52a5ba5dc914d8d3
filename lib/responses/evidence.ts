/**
 * The facts that a server leaves on its replies, by which its operators can find a request again.
 *
 * @module
 */
import type { ServerEvidence } from "../net/observer.ts";
import { isObject } from "./items.ts";

/** The id of the request: `x-request-id`, else `x-oai-request-id`. */
export function requestId(headers: Headers): string | undefined {
  return text(headers, "x-request-id") ?? text(headers, "x-oai-request-id");
}

/** Reads the four facts; each stays away where the server did not say it. */
export function evidenceOf(headers: Headers): ServerEvidence {
  const id = requestId(headers);
  const cfRay = text(headers, "cf-ray");
  const authError = text(headers, "x-openai-authorization-error");
  const authErrorCode = errorCode(headers.get("x-error-json"));
  return {
    ...(id === undefined ? {} : { requestId: id }),
    ...(cfRay === undefined ? {} : { cfRay }),
    ...(authError === undefined ? {} : { authError }),
    ...(authErrorCode === undefined ? {} : { authErrorCode }),
  };
}

/** Evidence under the names it has in details and reports. */
export function evidenceDetails(evidence: ServerEvidence): Readonly<Record<string, string>> {
  const { requestId: id, cfRay, authError, authErrorCode } = evidence;
  return {
    ...(id === undefined ? {} : { request_id: id }),
    ...(cfRay === undefined ? {} : { cf_ray: cfRay }),
    ...(authError === undefined ? {} : { auth_error: authError }),
    ...(authErrorCode === undefined ? {} : { auth_error_code: authErrorCode }),
  };
}

function text(headers: Headers, name: string): string | undefined {
  const value = headers.get(name)?.trim();
  return value === undefined || value === "" ? undefined : value;
}

/** `error.code` of the header's standard base64 of JSON; `undefined` for anything that cannot be read as that. */
function errorCode(encoded: string | null): string | undefined {
  if (encoded === null) return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded.trim()), (char) => char.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const error = isObject(value) ? value.error : undefined;
    return isObject(error) && typeof error.code === "string" ? error.code : undefined;
  } catch (error) {
    // A header of another making: no evidence in it. Both failures are of its content.
    if (error instanceof DOMException || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
