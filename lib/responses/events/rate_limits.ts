/**
 * Rate limits: from the headers of a reply, from `codex.rate_limits` events, and the latest of each family.
 *
 * @module
 */
import type { JsonObject, RateLimitSnapshot, RateLimitWindow } from "./events.ts";
import { isObject } from "../../text/json.ts";

const DEFAULT_LIMIT = "codex";

const EMPTY: RateLimitSnapshot = {
  limit_id: DEFAULT_LIMIT,
  limit_name: null,
  primary: null,
  secondary: null,
  credits: null,
  individual_limit: null,
  spend_control_reached: null,
  plan_type: null,
  rate_limit_reached_type: null,
};

/** The reported id of a family: lower case, `-` as `_`, printable; empty means the default one. */
export function limitId(name: string): string {
  const id = name.replace(/[^\x21-\x7e]/g, "").slice(0, 128).toLowerCase().replaceAll("-", "_");
  return id === "" ? DEFAULT_LIMIT : id;
}

/**
 * Returns one family of the headers of a reply: `x-<id>-primary-used-percent` and the related headers.
 *
 * @param name of the family, in any case and with `_` or `-`
 */
export function rateLimitOf(headers: Headers, name: string): RateLimitSnapshot {
  const id = limitId(name);
  const prefix = `x-${id.replaceAll("_", "-")}`;
  return {
    ...EMPTY,
    limit_id: id,
    limit_name: trimmed(headers.get(`${prefix}-limit-name`)),
    primary: headerWindow(headers, `${prefix}-primary`),
    secondary: headerWindow(headers, `${prefix}-secondary`),
    credits: headerCredits(headers),
  };
}

/**
 * Returns every family in the headers of a reply: the default one first, even where it has no data, then
 * the others that have something to say, by id.
 */
export function rateLimitsOf(headers: Headers): readonly RateLimitSnapshot[] {
  const others = new Set<string>();
  for (const name of headers.keys()) {
    const family = /^x-(.+)-primary-used-percent$/.exec(name)?.[1];
    if (family !== undefined && limitId(family) !== DEFAULT_LIMIT) others.add(limitId(family));
  }
  const known = [...others].sort().map((id) => rateLimitOf(headers, id)).filter(saysSomething);
  return [rateLimitOf(headers, DEFAULT_LIMIT), ...known];
}

/** Whether a snapshot holds a window or credits. The default family of a server without limits does not. */
function saysSomething(snapshot: RateLimitSnapshot): boolean {
  return snapshot.primary !== null || snapshot.secondary !== null || snapshot.credits !== null;
}

/** A `codex.rate_limits` event as a snapshot; `undefined` if a field has the wrong type. */
export function rateLimitFromEvent(event: JsonObject): RateLimitSnapshot | undefined {
  const limits = event.rate_limits ?? {};
  const names = [event.metered_limit_name, event.limit_name, event.plan_type];
  if (!isObject(limits) || !names.every(isOptionalText)) return undefined;
  const primary = eventWindow(limits.primary);
  const secondary = eventWindow(limits.secondary);
  const credits = eventCredits(event.credits);
  if (primary === undefined || secondary === undefined || credits === undefined) return undefined;
  const name = event.metered_limit_name ?? event.limit_name;
  return {
    ...EMPTY,
    limit_id: limitId(typeof name === "string" ? name : ""),
    primary,
    secondary,
    credits,
    plan_type: typeof event.plan_type === "string" ? planType(event.plan_type) : null,
  };
}

const PLANS = new Set([
  "free",
  "go",
  "plus",
  "pro",
  "prolite",
  "team",
  "self_serve_business_prolite",
  "self_serve_business_usage_based",
  "business",
  "ent26",
  "enterprise_cbp_automation",
  "enterprise_cbp_usage_based",
  "enterprise",
  "edu",
]);

/** A plan's name as the codex client knows it (0.171.0); `unknown` for every other. */
export function planType(plan: string): string {
  const name = plan === "hc" ? "enterprise" : plan === "education" ? "edu" : plan;
  return PLANS.has(name) ? name : "unknown";
}

/**
 * The latest snapshot of each family. What a newer one does not say (credits, plan and the like) is kept from
 * the older; a default snapshot without data is not recorded, so that a reply without headers erases
 * nothing.
 */
export class RateLimitBook {
  readonly #latest = new Map<string, RateLimitSnapshot>();

  /** Records a snapshot. Returns the family as it is now, or `undefined` if the snapshot has no data. */
  record(snapshot: RateLimitSnapshot): RateLimitSnapshot | undefined {
    if (
      !saysSomething(snapshot) && snapshot.rate_limit_reached_type === null && snapshot.plan_type === null
    ) {
      return undefined;
    }
    const id = snapshot.limit_id ?? DEFAULT_LIMIT;
    const before = this.#latest.get(id) ?? EMPTY;
    const merged: RateLimitSnapshot = {
      ...snapshot,
      limit_id: id,
      credits: snapshot.credits ?? before.credits,
      individual_limit: snapshot.individual_limit ?? before.individual_limit,
      spend_control_reached: snapshot.spend_control_reached ?? before.spend_control_reached,
      plan_type: snapshot.plan_type ?? before.plan_type,
    };
    this.#latest.set(id, merged);
    return merged;
  }

  /** The latest of each family, the default one first. */
  snapshots(): readonly RateLimitSnapshot[] {
    return [...this.#latest.values()].sort((a, b) => rank(a) - rank(b));
  }
}

function rank(snapshot: RateLimitSnapshot): number {
  return snapshot.limit_id === DEFAULT_LIMIT ? 0 : 1;
}

function headerWindow(headers: Headers, prefix: string): RateLimitWindow | null {
  const used = decimal(headers.get(`${prefix}-used-percent`));
  if (used === null) return null;
  const minutes = integer(headers.get(`${prefix}-window-minutes`));
  const resetsAt = integer(headers.get(`${prefix}-reset-at`));
  if (used === 0 && (minutes === null || minutes === 0) && resetsAt === null) return null;
  return { used_percent: used, window_minutes: minutes, resets_at: resetsAt };
}

function headerCredits(headers: Headers): RateLimitSnapshot["credits"] {
  const has = flag(headers.get("x-codex-credits-has-credits"));
  const unlimited = flag(headers.get("x-codex-credits-unlimited"));
  if (has === null || unlimited === null) return null;
  return { has_credits: has, unlimited, balance: trimmed(headers.get("x-codex-credits-balance")) };
}

/** `null`: absent. `undefined`: wrong. */
function eventWindow(value: unknown): RateLimitWindow | null | undefined {
  if (value === undefined || value === null) return null;
  if (!isObject(value) || typeof value.used_percent !== "number") return undefined;
  const minutes = value.window_minutes ?? null;
  const resetsAt = value.reset_at ?? null;
  if (!isNullableInteger(minutes) || !isNullableInteger(resetsAt)) return undefined;
  return { used_percent: value.used_percent, window_minutes: minutes, resets_at: resetsAt };
}

/** `null`: absent. `undefined`: wrong. */
function eventCredits(value: unknown): RateLimitSnapshot["credits"] | undefined {
  if (value === undefined || value === null) return null;
  if (!isObject(value)) return undefined;
  const { has_credits, unlimited, balance = null } = value;
  if (typeof has_credits !== "boolean" || typeof unlimited !== "boolean") return undefined;
  if (balance !== null && (typeof balance !== "string" || !/^[\x20-\x7e]{0,64}$/.test(balance))) {
    return undefined;
  }
  return { has_credits, unlimited, balance };
}

function decimal(text: string | null): number | null {
  if (text === null || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function integer(text: string | null): number | null {
  if (text === null || !/^[+-]?\d+$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

function flag(text: string | null): boolean | null {
  if (text === null) return null;
  if (/^(true|1)$/i.test(text)) return true;
  return /^(false|0)$/i.test(text) ? false : null;
}

function trimmed(text: string | null): string | null {
  const value = text?.trim() ?? "";
  return value === "" ? null : value;
}

function isNullableInteger(value: unknown): value is number | null {
  return value === null || Number.isSafeInteger(value);
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || value === null || typeof value === "string";
}
