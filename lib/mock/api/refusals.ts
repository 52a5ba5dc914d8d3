/**
 * The refusals of the real API and of the servers in front of it, in their original form.
 *
 * @module
 */
import type { Refusal } from "./scenario.ts";

/** Returns a 401 with the evidence that the real edge server adds. */
export function unauthorized(
  code = "token_expired",
  message = "Provided authentication token is expired.",
): Refusal {
  return {
    status: 401,
    headers: {
      "x-request-id": "req_mock_401",
      "cf-ray": "8f00000000000000-FRA",
      "x-openai-authorization-error": code === "token_expired" ? "expired_session" : "invalid_authorization",
      "x-error-json": btoa(JSON.stringify({ error: { code } })),
    },
    body: { error: { message, type: "invalid_request_error", param: null, code } },
  };
}

/** Returns the 429 of a plan whose usage limit is reached. */
export function usageLimitReached(resetsAt: number, planType = "plus"): Refusal {
  return {
    status: 429,
    headers: {
      "x-codex-active-limit": "codex",
      "x-codex-primary-used-percent": "100",
      "x-codex-primary-window-minutes": "300",
      "x-codex-primary-reset-at": String(resetsAt),
      "x-codex-rate-limit-reached-type": "rate_limit_reached",
    },
    body: {
      error: {
        type: "usage_limit_reached",
        message: "The usage limit has been reached",
        plan_type: planType,
        resets_at: resetsAt,
      },
    },
  };
}

/** Returns the 429 of a client that sends too many requests. */
export function rateLimited(retryAfterSeconds: number): Refusal {
  return {
    status: 429,
    headers: { "retry-after": String(retryAfterSeconds), "x-request-id": "req_mock_429" },
    body: {
      error: { type: "requests", code: "rate_limit_exceeded", message: "Rate limit reached", param: null },
    },
  };
}

/** Returns the 503 of an overloaded server. */
export function overloaded(): Refusal {
  return {
    status: 503,
    body: {
      error: { type: "server_error", code: "server_is_overloaded", message: "Overloaded", param: null },
    },
  };
}

/** Returns a 500, with a delay if one is given. */
export function serverError(retryAfterSeconds?: number): Refusal {
  return {
    status: 500,
    headers: {
      "x-request-id": "req_mock_500",
      ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
    },
    body: { error: { type: "server_error", code: null, message: "The server had an error", param: null } },
  };
}

/** Returns the 404 of a model that does not exist. */
export function modelNotFound(model: string): Refusal {
  return {
    status: 404,
    body: {
      error: {
        type: "invalid_request_error",
        code: "model_not_found",
        message: `The model '${model}' does not exist or you do not have access to it.`,
        param: null,
      },
    },
  };
}

/** Returns the 403 page of an edge network that blocks the region or the client. */
export function edgeBlocked(): Refusal {
  return {
    status: 403,
    headers: {
      "content-type": "text/html; charset=UTF-8",
      "cf-ray": "8f00000000000001-FRA",
      "server": "cloudflare",
    },
    body: "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head>" +
      "<body><h1>Sorry, you have been blocked</h1></body></html>",
  };
}

/** Returns the reply of a captive portal: a 200 with a page instead of a stream. */
export function captivePortal(): Refusal {
  return {
    status: 200,
    headers: { "content-type": "text/html" },
    body:
      "<html><head><title>Sign in to the guest network</title></head><body>Accept the terms</body></html>",
  };
}
