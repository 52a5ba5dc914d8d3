import type { RateLimitSnapshot } from "../../../lib/responses/events/events.ts";
import {
  RateLimitBook,
  rateLimitFromEvent,
  rateLimitOf,
  rateLimitsOf,
} from "../../../lib/responses/events/rate_limits.ts";
import { assertEquals } from "../../support/assert.ts";
import { used, WINDOW_ROWS } from "./rate_limit_rows.ts";

const snapshot = (over: Partial<RateLimitSnapshot>): RateLimitSnapshot => ({
  ...rateLimitOf(new Headers(), ""),
  ...over,
});
const CREDITS = { has_credits: true, unlimited: false, balance: "5" };

Deno.test("the default family has percent, minutes and reset", () => {
  const headers = new Headers({
    "x-codex-primary-used-percent": "12.5",
    "x-codex-primary-window-minutes": "60",
    "x-codex-primary-reset-at": "1704069000",
  });
  const { limit_id, primary, secondary } = rateLimitOf(headers, "");
  assertEquals([limit_id, secondary], ["codex", null]);
  assertEquals(primary, { used_percent: 12.5, window_minutes: 60, resets_at: 1704069000 });
});

Deno.test("a family whose id looks like a window is still a family", () => {
  const headers = new Headers({ "x-codex-secondary-primary-used-percent": "80" });
  const [first, second] = rateLimitsOf(headers);
  assertEquals([first?.limit_id, second?.limit_id, second?.secondary], ["codex", "codex_secondary", null]);
});

Deno.test("the name of a limit is read and never derived from its id", () => {
  const headers = new Headers({ "x-codex-bengalfox-limit-name": " gpt-5.2-codex-sonic " });
  assertEquals(rateLimitOf(headers, "codex_bengalfox").limit_name, "gpt-5.2-codex-sonic");
  assertEquals(rateLimitOf(new Headers(), "codex_bengalfox").limit_name, null);
});

Deno.test("all families with data are found, the default one first, the others sorted by id", () => {
  const headers = new Headers({
    "x-zeta-primary-used-percent": "1",
    "x-alpha-primary-used-percent": "2",
    "x-empty-primary-used-percent": "0",
    "x-codex-primary-used-percent": "3",
    "x-codex-primary-over-secondary-limit-percent": "9",
  });
  assertEquals(rateLimitsOf(headers).map(({ limit_id }) => limit_id), ["codex", "alpha", "zeta"]);
});

Deno.test("a reply without headers gives one empty snapshot of the default family", () => {
  assertEquals(rateLimitsOf(new Headers()), [snapshot({})]);
});

for (const [name, fields, window] of WINDOW_ROWS) {
  Deno.test(`rate limit headers: ${name}`, () => {
    const entries = Object.entries(fields).map(([key, value]) => [`x-codex-primary-${key}`, value]);
    assertEquals(rateLimitOf(new Headers(entries), "").primary, window);
  });
}

Deno.test("credits require both flags, and an empty balance is omitted", () => {
  const credits = (fields: Record<string, string>) =>
    rateLimitOf(
      new Headers(Object.entries(fields).map(([key, value]) => [`x-codex-credits-${key}`, value])),
      "other",
    ).credits;
  assertEquals(credits({ "has-credits": "TRUE", unlimited: "0", balance: "" }), {
    has_credits: true,
    unlimited: false,
    balance: null,
  });
  assertEquals(credits({ "has-credits": "1" }), null);
  assertEquals(credits({ "has-credits": "yes", unlimited: "false" }), null);
});

Deno.test("a pushed event becomes a snapshot", () => {
  const event = {
    type: "codex.rate_limits",
    plan_type: "plus",
    rate_limits: { primary: { used_percent: 42, window_minutes: 60, reset_at: 1700000000 }, secondary: null },
    credits: { has_credits: true, unlimited: false, balance: "123" },
    metered_limit_name: "codex-other",
    limit_name: "ignored",
    promo: {},
  };
  assertEquals(
    rateLimitFromEvent(event),
    snapshot({
      limit_id: "codex_other",
      primary: { used_percent: 42, window_minutes: 60, resets_at: 1700000000 },
      credits: { has_credits: true, unlimited: false, balance: "123" },
      plan_type: "plus",
    }),
  );
});

Deno.test("a pushed event with a field of the wrong type is ignored, and an unknown plan is reported as unknown", () => {
  assertEquals(rateLimitFromEvent({ rate_limits: { primary: { used_percent: "42" } } }), undefined);
  assertEquals(rateLimitFromEvent({ rate_limits: 1 }), undefined);
  assertEquals(rateLimitFromEvent({ credits: { has_credits: 1 } }), undefined);
  assertEquals(rateLimitFromEvent({ plan_type: "galactic" })?.plan_type, "unknown");
  assertEquals(rateLimitFromEvent({ plan_type: "hc" })?.plan_type, "enterprise");
});

Deno.test("the rate limit book keeps credits and plan, separates families, and assigns a missing id to the default family", () => {
  const book = new RateLimitBook();
  book.record(snapshot({ primary: used(1), credits: CREDITS, plan_type: "plus" }));
  book.record(snapshot({ limit_id: "other", primary: used(2) }));
  book.record(snapshot({ limit_id: null, primary: used(3) }));
  assertEquals(book.snapshots(), [
    snapshot({ primary: used(3), credits: CREDITS, plan_type: "plus" }),
    snapshot({ limit_id: "other", primary: used(2) }),
  ]);
});

Deno.test("the rate limit book ignores an empty snapshot", () => {
  const book = new RateLimitBook();
  book.record(snapshot({ primary: used(1) }));
  assertEquals(book.record(snapshot({})), undefined);
  assertEquals(book.snapshots()[0]?.primary, used(1));
});
