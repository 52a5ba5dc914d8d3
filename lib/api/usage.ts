/**
 * The usage of a ChatGPT plan: `GET usage` of the ChatGPT backend, with its rate limits and credits.
 *
 * @module
 */
import { z } from "zod";
import { maybe } from "./schema.ts";
import type { JsonObject, RateLimitSnapshot, RateLimitWindow } from "../responses/events/events.ts";
import { limitId } from "../responses/events/rate_limits.ts";
import { backendPath } from "./backend.ts";
import { call } from "./call.ts";
import type { ApiConnection } from "./send_request.ts";

/** The usage of a plan. */
export interface PlanUsage {
  /** The plan as the server names it, such as `plus`. */
  readonly planType?: string;
  /** The limits of the plan: that of the family `codex` first. */
  readonly limits: readonly UsageLimit[];
  /** The number of rate limit resets that the account may still request. */
  readonly resetCredits?: number;
  /** The reply as it was received. */
  readonly raw: JsonObject;
}

/** One limit, in the format in which turns report them. */
export interface UsageLimit {
  /** The windows of the limit. */
  readonly snapshot: RateLimitSnapshot;
  /** Whether requests are allowed now, if the server reports it. */
  readonly allowed?: boolean;
  /** Whether the limit is reached, if the server reports it. */
  readonly limitReached?: boolean;
}

const windowSchema = z.object({
  used_percent: z.number(),
  limit_window_seconds: maybe(z.number()),
  reset_at: maybe(z.number()),
});
const limitSchema = z.object({
  allowed: maybe(z.boolean()),
  limit_reached: maybe(z.boolean()),
  primary_window: maybe(windowSchema),
  secondary_window: maybe(windowSchema),
});
const usageSchema = z.looseObject({
  plan_type: maybe(z.string()),
  rate_limit: maybe(limitSchema),
  credits: maybe(z.object({
    has_credits: z.boolean(),
    unlimited: z.boolean(),
    balance: maybe(z.union([z.string(), z.number()])),
  })),
  additional_rate_limits: maybe(z.array(z.object({
    limit_name: maybe(z.string()),
    metered_feature: maybe(z.string()),
    rate_limit: maybe(limitSchema),
  }))),
  spend_control: maybe(z.looseObject({ reached: maybe(z.boolean()) })),
  rate_limit_reset_credits: maybe(z.object({ available_count: z.number() })),
});

/**
 * Fetches the usage of the plan.
 *
 * @throws CulvertError `auth_missing` without a ChatGPT login; otherwise as {@link call}
 */
export async function getUsage(
  connection: ApiConnection,
  options: { readonly signal?: AbortSignal } = {},
): Promise<PlanUsage> {
  const { value } = await call(connection, {
    endpoint: "/usage",
    path: backendPath(connection.settings, "usage"),
    backend: true,
    idempotent: true,
    schema: usageSchema,
    ...options,
  });
  const { additional_rate_limits, plan_type, rate_limit, rate_limit_reset_credits } = value;
  const others = (additional_rate_limits ?? []).map(({ limit_name, metered_feature, rate_limit }) =>
    limitOf(rate_limit, { name: limit_name ?? null, id: metered_feature ?? limit_name ?? "" })
  );
  const main = limitOf(rate_limit, { name: null, id: "" });
  const snapshot = {
    ...main.snapshot,
    credits: creditsOf(value.credits),
    plan_type: plan_type ?? null,
    individual_limit: value.spend_control ?? null,
    spend_control_reached: value.spend_control?.reached ?? null,
  };
  return {
    ...(plan_type === undefined ? {} : { planType: plan_type }),
    limits: [{ ...main, snapshot }, ...others],
    ...(rate_limit_reset_credits === undefined
      ? {}
      : { resetCredits: rate_limit_reset_credits.available_count }),
    raw: value,
  };
}

type Limit = z.infer<typeof limitSchema>;

function limitOf(
  limit: Limit | undefined,
  { name, id }: { readonly name: string | null; readonly id: string },
): UsageLimit {
  return {
    snapshot: {
      limit_id: limitId(id),
      limit_name: name,
      primary: windowOf(limit?.primary_window),
      secondary: windowOf(limit?.secondary_window),
      credits: null,
      individual_limit: null,
      spend_control_reached: null,
      plan_type: null,
      rate_limit_reached_type: null,
    },
    ...(limit?.allowed === undefined ? {} : { allowed: limit.allowed }),
    ...(limit?.limit_reached === undefined ? {} : { limitReached: limit.limit_reached }),
  };
}

function windowOf(window: z.infer<typeof windowSchema> | undefined): RateLimitWindow | null {
  if (window === undefined) return null;
  const { limit_window_seconds: seconds, reset_at, used_percent } = window;
  return {
    used_percent,
    window_minutes: seconds === undefined ? null : Math.ceil(seconds / 60),
    resets_at: reset_at === undefined ? null : Math.round(reset_at),
  };
}

function creditsOf(credits: z.infer<typeof usageSchema>["credits"]): RateLimitSnapshot["credits"] {
  if (credits === undefined) return null;
  const { balance, has_credits, unlimited } = credits;
  return {
    has_credits,
    unlimited,
    balance: balance === undefined || balance === "" ? null : String(balance),
  };
}
