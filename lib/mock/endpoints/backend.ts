/**
 * Usage, tasks and accounts of the simulated ChatGPT backend.
 *
 * @module
 */
import { Hono } from "hono";
import { unauthorized } from "../api/refusals.ts";
import type { Json } from "../api/scenario.ts";
import { MOCK_ACCOUNT } from "../oauth/tokens.ts";
import { authorized, badParameter, type EndpointHost, jsonReply } from "./endpoint.ts";

/** Returns the host of endpoints that accept a ChatGPT login and no API key. */
export function loginOnly({ refusalOf }: EndpointHost): EndpointHost {
  return {
    refusalOf: async (request) => {
      const isApiKey = /^Bearer sk-/i.test(request.headers.get("authorization") ?? "");
      if (isApiKey) return unauthorized("invalid_token", "An API key is not accepted here.");
      return await refusalOf(request);
    },
  };
}

/** Returns the routes of the backend below `wham` or `api/codex`. */
export function backendRoutes(api: EndpointHost): Hono {
  const host = loginOnly(api);
  const app = new Hono();
  app.get("/usage", authorized(host, () => jsonReply(usage(Date.now()))));
  app.get(
    "/tasks/list",
    authorized(host, ({ req }) => {
      const limit = Number(req.query("limit") ?? "20");
      if (!Number.isInteger(limit) || limit < 1) return badParameter("limit", "Invalid value for 'limit'.");
      const begin = TASKS.findIndex(({ id }) => id === req.query("cursor"));
      const items = TASKS.slice(Math.max(0, begin), Math.max(0, begin) + limit);
      const next = TASKS[Math.max(0, begin) + limit];
      return jsonReply({ items, ...(next === undefined ? {} : { cursor: next.id }) });
    }),
  );
  // The codex client (0.171.0) requests the routing of its workspace before the first request of a login.
  app.get("/accounts/check", () => jsonReply(accountList()));
  return app;
}

function usage(now: number): Json {
  const seconds = Math.floor(now / 1000);
  const window = (used_percent: number, limit_window_seconds: number, reset_after_seconds: number) => ({
    used_percent,
    limit_window_seconds,
    reset_after_seconds,
    reset_at: seconds + reset_after_seconds,
  });
  return {
    plan_type: MOCK_ACCOUNT.planType,
    rate_limit: {
      allowed: true,
      limit_reached: false,
      primary_window: window(12.5, 18_000, 3_600),
      secondary_window: window(3, 604_800, 86_400),
    },
    credits: { has_credits: true, unlimited: false, balance: "17.00" },
    additional_rate_limits: [{
      limit_name: "gpt-5.3-codex",
      metered_feature: "codex_bengalfox",
      rate_limit: { allowed: true, limit_reached: false, primary_window: window(24.5, 18_000, 3_600) },
    }],
    rate_limit_reset_credits: { available_count: 1 },
  };
}

const TASKS = [
  ["task_mock_3", "Mend the flaky upload test", false, true],
  ["task_mock_2", "Write the release notes", false, false],
  ["task_mock_1", "Rename the settings page", true, false],
].map(([id, title, archived, has_unread_turn], index) => ({
  id,
  title,
  has_generated_title: true,
  created_at: 1_764_000_000 - index * 86_400,
  updated_at: 1_764_003_600 - index * 86_400,
  archived,
  has_unread_turn,
  pull_requests: [],
}));

/** Returns the accounts of a login, none of which redirects the traffic to another origin. */
function accountList(): Json {
  return {
    accounts: [{
      id: MOCK_ACCOUNT.accountId,
      plan_type: MOCK_ACCOUNT.planType,
      structure: "personal",
      is_deactivated: false,
      workspace_backend_origin: "NO_CONSTRAINT",
      account_routing_override: "NO_CONSTRAINT",
    }],
    account_ordering: [MOCK_ACCOUNT.accountId],
    default_account_id: MOCK_ACCOUNT.accountId,
  };
}
