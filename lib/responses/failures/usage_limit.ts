/**
 * Explains a reached usage limit: which limit, what to do, and when it is reset.
 *
 * @module
 */
import { CulvertError, type DetailValue } from "../../errors.ts";
import type { RateLimitSnapshot } from "../events/events.ts";
import { planType, rateLimitOf } from "../events/rate_limits.ts";

const REACHED_TYPES: Readonly<Record<string, string>> = {
  rate_limit_reached: "",
  workspace_owner_credits_depleted: "Your workspace is out of credits: add credits to continue",
  workspace_member_credits_depleted: "Your workspace is out of credits: ask its owner to add some",
  workspace_owner_usage_limit_reached:
    "You reached your spend cap: raise it in the workspace's settings to continue",
  workspace_member_usage_limit_reached:
    "You reached your spend cap: ask an owner of the workspace to raise it",
};

/** A reached usage limit, with the snapshot of its rate limit family. */
export interface UsageLimit {
  readonly error: CulvertError;
  readonly snapshot: RateLimitSnapshot;
}

/**
 * Reads a 429 of type `usage_limit_reached`.
 *
 * @param fields the `error` object of the body
 * @param now wall clock, ms since 1970
 * @param evidence details that the error repeats
 */
export function usageLimit(
  fields: Readonly<Record<string, unknown>>,
  headers: Headers,
  now: number,
  evidence: Readonly<Record<string, DetailValue>>,
): UsageLimit {
  const plan = typeof fields.plan_type === "string" ? planType(fields.plan_type) : null;
  const resetsAt = epochSeconds(fields.resets_at);
  const reached = reachedType(headers);
  const snapshot: RateLimitSnapshot = {
    ...rateLimitOf(headers, headers.get("x-codex-active-limit") ?? ""),
    plan_type: plan,
    rate_limit_reached_type: reached,
  };
  const promo = headers.get("x-codex-promo-message")?.trim() || null;
  const { what, next, timed } = explanation(snapshot, plan, promo);
  const when = timed
    ? ` Try again ${resetsAt === null ? "later" : `at ${localTime(resetsAt * 1_000, now)}`}.`
    : "";
  const error = new CulvertError("usage_limit", what, {
    hint: `${next === "" ? "" : `${next}.`}${when}`.trim(),
    details: {
      ...evidence,
      plan_type: plan,
      resets_at: resetsAt,
      limit_name: snapshot.limit_name,
      rate_limit_reached_type: reached,
    },
  });
  return { error, snapshot };
}

interface Explanation {
  readonly what: string;
  readonly next: string;
  /** Whether the hint ends with the time of the reset. */
  readonly timed: boolean;
}

/**
 * Chooses the explanation in the order of the codex client (0.171.0): name of the limit, workspace, promotion of the
 * server, plan.
 */
function explanation(snapshot: RateLimitSnapshot, plan: string | null, promo: string | null): Explanation {
  const { limit_name: name, rate_limit_reached_type: reached } = snapshot;
  if (name !== null && name.toLowerCase() !== "codex") {
    return {
      what: `The usage limit for ${name} is reached`,
      next: "Use another model until then",
      timed: true,
    };
  }
  const workspace = reached === null ? "" : REACHED_TYPES[reached] ?? "";
  if (workspace !== "") return { what: workspace, next: "", timed: false };
  const what = "The usage limit of your plan is reached";
  return { what, next: promo ?? planAdvice(plan), timed: true };
}

function planAdvice(plan: string | null): string {
  switch (plan) {
    case "plus":
      return "Upgrade to Pro (https://chatgpt.com/explore/pro) or buy credits " +
        "(https://chatgpt.com/codex/settings/usage)";
    case "free":
    case "go":
      return "Upgrade to Plus (https://chatgpt.com/explore/plus)";
    case "pro":
    case "prolite":
      return "Buy credits (https://chatgpt.com/codex/settings/usage)";
    case "team":
    case "business":
    case "ent26":
    case "self_serve_business_prolite":
    case "self_serve_business_usage_based":
    case "enterprise_cbp_automation":
    case "enterprise_cbp_usage_based":
      return "Ask your administrator for more";
    default:
      return "";
  }
}

/** Returns the value of the header if it is one of the five known ones. */
function reachedType(headers: Headers): string | null {
  const value = headers.get("x-codex-rate-limit-reached-type")?.trim() ?? "";
  return Object.hasOwn(REACHED_TYPES, value) ? value : null;
}

/** Largest time that a `Date` can represent, ms since 1970 (ECMA-262 §21.4.1.1). */
const MAX_TIME_MS = 8.64e15;

/** Returns a whole number of seconds since 1970 that a `Date` can represent, else `null`. */
function epochSeconds(value: unknown): number | null {
  if (typeof value !== "number" || !Number.isInteger(value)) return null;
  return value >= 0 && value * 1_000 <= MAX_TIME_MS ? value : null;
}

/**
 * Formats a time in the local time zone: `3:07 PM` on the same day, else `Nov 21st, 2026 3:07 PM`.
 *
 * @param at ms since 1970
 * @param now ms since 1970
 */
export function localTime(at: number, now: number): string {
  const date = new Date(at);
  const clock = date.toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit", hour12: true })
    .replace(/\s+/g, " ");
  if (date.toDateString() === new Date(now).toDateString()) return clock;
  const month = date.toLocaleDateString("en-US", { month: "short" });
  return `${month} ${ordinal(date.getDate())}, ${date.getFullYear()} ${clock}`;
}

function ordinal(day: number): string {
  const tens = day % 100;
  if (tens >= 11 && tens <= 13) return `${day}th`;
  return `${day}${["th", "st", "nd", "rd"][day % 10] ?? "th"}`;
}
