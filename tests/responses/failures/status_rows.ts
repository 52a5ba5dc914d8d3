/** Refusals by status and body, and what each is to the user. */

/** An error body as the API writes it. */
export const error = (fields: object) => ({ error: fields });

/** What a server may refuse a request with. */
export const STATUS_ROWS: readonly (readonly [
  name: string,
  status: number,
  body: object | string,
  code: string,
  retryable: boolean,
  says: string,
])[] = [
  ["503 overloaded", 503, error({ code: "server_is_overloaded" }), "overloaded", false, "503"],
  ["503 slow down", 503, error({ code: "slow_down" }), "overloaded", false, "503"],
  ["another 503", 503, "busy", "server", true, "busy"],
  ["500", 500, error({ message: "boom" }), "server", true, "boom"],
  [
    "502 of a gateway",
    502,
    "<html><title>502 Bad Gateway</title></html>",
    "blocked",
    true,
    '"502 Bad Gateway"',
  ],
  [
    "403 of a web filter",
    403,
    "<!DOCTYPE html><title>Access Denied</title>",
    "blocked",
    false,
    '"Access Denied"',
  ],
  ["404 page of a web server", 404, "<html><title>Not Found</title></html>", "blocked", false, '"Not Found"'],
  ["401 page of a proxy", 401, "<html><title>Sign in</title></html>", "blocked", false, '"Sign in"'],
  [
    "400 page of nginx without a client certificate",
    400,
    "<html><title>400 No required SSL certificate was sent</title></html>",
    "blocked",
    false,
    "No required SSL certificate was sent",
  ],
  ["408", 408, "", "server", true, "no explanation"],
  ["400 cyber policy", 400, error({ code: "cyber_policy", message: "flagged" }), "policy", false, "flagged"],
  [
    "400 cyber policy without a message",
    400,
    error({ code: "cyber_policy" }),
    "policy",
    false,
    "high-risk cyber",
  ],
  [
    "400 of an image that is none",
    400,
    "The image data you provided does not represent a valid image",
    "invalid_request",
    false,
    "valid image",
  ],
  [
    "400 with an unknown code",
    400,
    error({ code: "odd", message: "what?" }),
    "invalid_request",
    false,
    "what?",
  ],
  [
    "400 of a context that is too long",
    400,
    error({ code: "context_length_exceeded", message: "long" }),
    "context_window",
    false,
    "long",
  ],
  ["429 usage not included", 429, error({ type: "usage_not_included" }), "quota", false, "429"],
  ["429 quota", 429, error({ code: "insufficient_quota", message: "spent" }), "quota", false, "spent"],
  ["429 otherwise", 429, "slow", "rate_limited", false, "slow"],
  [
    "403 of Cloudflare",
    403,
    "<html>Cloudflare … you have been blocked</html>",
    "blocked",
    false,
    "Cloudflare blocks",
  ],
  ["403 of the API", 403, error({ message: "no access" }), "auth_forbidden", false, "no access"],
  ["418", 418, "teapot", "invalid_request", false, "teapot"],
];

/** Usage limits, and what is said of each. */
export const USAGE_LIMIT_ROWS: readonly (readonly [
  name: string,
  plan: string | undefined,
  headers: Record<string, string>,
  says: RegExp,
])[] = [
  ["plus: upgrade or buy", "plus", {}, /Upgrade to Pro.* or buy credits.*Try again later/],
  ["free: upgrade", "free", {}, /Upgrade to Plus/],
  ["go: upgrade", "go", {}, /Upgrade to Plus/],
  ["team: ask the administrator", "team", {}, /administrator/],
  ["business: ask the administrator", "business", {}, /administrator/],
  ["pro: buy credits", "pro", {}, /^Buy credits/],
  ["enterprise: plain", "enterprise", {}, /^Try again later\.$/],
  ["no plan: plain", undefined, {}, /^Try again later\.$/],
  [
    "a promotion stands before the plan",
    "plus",
    { "x-codex-promo-message": " Half price! " },
    /^Half price!/,
  ],
  ["a named limit stands before all", "plus", { "x-codex-limit-name": "sonic" }, /another model/],
];
