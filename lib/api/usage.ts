/**
 * The usage of a ChatGPT plan: `GET usage` of the ChatGPT backend, with its rate limits and credits.
 *
 * @module
 */
import { z } from "zod";
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
  /** How many resets of a rate limit the account may still ask for. */
  readonly resetCredits?: number;
  /** The reply as it was received. */
  readonly raw: JsonObject;
}

/** One limit, in the form in which turns report them. */
export interface UsageLimit {
  readonly snapshot: RateLimitSnapshot;
  /** Whether requests are allowed now, where the server says so. */
  readonly allowed?: boolean;
  /** Whether the limit is reached, where the server says so. */
  readonly limitReached?: boolean;
}

const windowSchema = z.object({
  used_percent: z.number(),
  limit_window_seconds: z.number().nullish(),
  reset_at: z.number().nullish(),
});
const limitSchema = z.object({
  allowed: z.boolean().nullish(),
  limit_reached: z.boolean().nullish(),
  primary_window: windowSchema.nullish(),
  secondary_window: windowSchema.nullish(),
});
const usageSchema = z.looseObject({
  plan_type: z.string().nullish(),
  rate_limit: limitSchema.nullish(),
  credits: z.object({
    has_credits: z.boolean(),
    unlimited: z.boolean(),
    balance: z.union([z.string(), z.number()]).nullish(),
  }).nullish(),
  additional_rate_limits: z.array(z.object({
    limit_name: z.string().nullish(),
    metered_feature: z.string().nullish(),
    rate_limit: limitSchema.nullish(),
  })).nullish(),
  spend_control: z.looseObject({ reached: z.boolean().nullish() }).nullish(),
  rate_limit_reset_credits: z.object({ available_count: z.number() }).nullish(),
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
    ...(plan_type == null ? {} : { planType: plan_type }),
    limits: [{ ...main, snapshot }, ...others],
    ...(rate_limit_reset_credits == null ? {} : { resetCredits: rate_limit_reset_credits.available_count }),
    raw: value,
  };
}

type Limit = z.infer<typeof limitSchema>;

function limitOf(
  limit: Limit | null | undefined,
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
    ...(limit?.allowed == null ? {} : { allowed: limit.allowed }),
    ...(limit?.limit_reached == null ? {} : { limitReached: limit.limit_reached }),
  };
}

function windowOf(window: z.infer<typeof windowSchema> | null | undefined): RateLimitWindow | null {
  if (window == null) return null;
  const { limit_window_seconds: seconds, reset_at, used_percent } = window;
  return {
    used_percent,
    window_minutes: seconds == null ? null : Math.ceil(seconds / 60),
    resets_at: reset_at == null ? null : Math.round(reset_at),
  };
}

function creditsOf(credits: z.infer<typeof usageSchema>["credits"]): RateLimitSnapshot["credits"] {
  if (credits == null) return null;
  const { balance, has_credits, unlimited } = credits;
  return { has_credits, unlimited, balance: balance == null || balance === "" ? null : String(balance) };
}
