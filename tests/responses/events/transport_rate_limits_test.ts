/** Rate limits from servers over real connections: headers of a reply, and events on both transports. */
import type { RateLimitSnapshot } from "../../../lib/responses/events/events.ts";
import { assertEquals } from "../../support/assert.ts";
import { HELLO, readTurn } from "../kit.ts";
import { used } from "./rate_limit_rows.ts";
import {
  accept,
  COMPLETE,
  runSocket,
  says,
  socketServer,
  socketSession,
} from "../transport/websocket/websocket_kit.ts";
import { NAME, scriptOf, TRANSPORTS } from "../transport/both_transports.ts";

interface HeaderRow {
  readonly name: string;
  readonly head: Readonly<Record<string, string>>;
  readonly snapshots: readonly Partial<RateLimitSnapshot>[];
}

const HEADER_ROWS: readonly HeaderRow[] = [
  {
    name: "the default family has percent, minutes and reset",
    head: {
      "x-codex-primary-used-percent": "12.5",
      "x-codex-primary-window-minutes": "60",
      "x-codex-primary-reset-at": "1704069000",
    },
    snapshots: [{
      limit_id: "codex",
      primary: { used_percent: 12.5, window_minutes: 60, resets_at: 1_704_069_000 },
      secondary: null,
    }],
  },
  {
    name: "a family whose id looks like a window is a separate family",
    head: { "x-codex-secondary-primary-used-percent": "80" },
    snapshots: [{ limit_id: "codex_secondary", primary: used(80), secondary: null }],
  },
  {
    name: "the name of a family is reported",
    head: {
      "x-codex-bengalfox-primary-used-percent": "1",
      "x-codex-bengalfox-limit-name": " gpt-5.2-codex-sonic ",
    },
    snapshots: [{ limit_id: "codex_bengalfox", limit_name: "gpt-5.2-codex-sonic" }],
  },
  {
    name: "two families are reported, the default one first",
    head: { "x-codex-alpha-primary-used-percent": "2", "x-codex-primary-used-percent": "1" },
    snapshots: [{ limit_id: "codex", primary: used(1) }, { limit_id: "codex_alpha", primary: used(2) }],
  },
  { name: "a reply without rate limits reports none", head: {}, snapshots: [] },
];

for (const { name, head, snapshots } of HEADER_ROWS) {
  Deno.test(`rate limits in the headers of a reply: ${name}`, async () => {
    const { of, result } = await runSocket(scriptOf({ head, events: COMPLETE }), { transport: "sse" });
    const told = of("culvert.rate_limits").map(({ snapshot }) => snapshot);
    assertEquals(result.rate_limits, told);
    assertEquals(told.length, snapshots.length);
    told.forEach((snapshot, index) => assertEquals({ ...snapshot, ...snapshots[index] }, snapshot));
  });
}

Deno.test("the result of a turn contains its usage and both windows of its reply", async () => {
  const usage = { input_tokens: 7, output_tokens: 3, total_tokens: 10 };
  const head = { "x-codex-primary-used-percent": "42", "x-codex-secondary-used-percent": "5" };
  const events = [{ type: "response.completed", response: { id: "resp_1", usage } }];
  const { result } = await runSocket(scriptOf({ head, events }), { transport: "sse" });
  assertEquals(
    [result.usage?.total_tokens, result.rate_limits[0]?.primary, result.rate_limits[0]?.secondary],
    [
      10,
      used(42),
      used(5),
    ],
  );
});

const push = (over: object) => ({ type: "codex.rate_limits", ...over });

for (const transport of TRANSPORTS) {
  Deno.test(`rate limits pushed ${NAME[transport]}: credits and plan remain known when a later push omits them`, async () => {
    const events = [
      push({
        plan_type: "plus",
        credits: { has_credits: true, unlimited: false, balance: "123" },
        rate_limits: { primary: { used_percent: 1 } },
      }),
      push({ rate_limits: { primary: { used_percent: 2 } } }),
      ...COMPLETE,
    ];
    const { result: { rate_limits: [snapshot, ...more] } } = await runSocket(scriptOf({ events }), {
      transport: transport,
    });
    assertEquals([snapshot?.primary, snapshot?.plan_type, snapshot?.credits?.balance, more.length], [
      used(2),
      "plus",
      "123",
      0,
    ]);
  });

  Deno.test(`rate limits pushed ${NAME[transport]}: a push without an id belongs to the default family`, async () => {
    const events = [
      push({ metered_limit_name: "codex-other", rate_limits: { primary: { used_percent: 1 } } }),
      push({ rate_limits: { primary: { used_percent: 2 } } }),
      ...COMPLETE,
    ];
    const { of, result } = await runSocket(scriptOf({ events }), { transport: transport });
    assertEquals(of("culvert.rate_limits").map(({ snapshot }) => snapshot.limit_id), [
      "codex_other",
      "codex",
    ]);
    assertEquals(result.rate_limits.map(({ limit_id, primary }) => [limit_id, primary]), [
      ["codex", used(2)],
      ["codex_other", used(1)],
    ]);
  });
}

Deno.test("websocket: a push becomes a complete snapshot next to the ETag and the reasoning mark of the upgrade", async () => {
  const pushed = push({
    plan_type: "plus",
    rate_limits: { primary: { used_percent: 42, window_minutes: 60, reset_at: 1_700_000_000 } },
    credits: { has_credits: true, unlimited: false, balance: "123" },
  });
  const { of } = await runSocket({
    upgrades: [accept({ "x-models-etag": '"abc"', "x-reasoning-included": "true" })],
    replies: [says([pushed, ...COMPLETE])],
  });
  assertEquals(of("culvert.rate_limits").map(({ snapshot }) => snapshot), [{
    limit_id: "codex",
    limit_name: null,
    primary: { used_percent: 42, window_minutes: 60, resets_at: 1_700_000_000 },
    secondary: null,
    credits: { has_credits: true, unlimited: false, balance: "123" },
    individual_limit: null,
    spend_control_reached: null,
    plan_type: "plus",
    rate_limit_reached_type: null,
  }]);
  assertEquals([of("culvert.models_etag")[0]?.etag, of("culvert.reasoning_included").length], ['"abc"', 1]);
});

const LIMIT = { type: "usage_limit_reached", plan_type: "pro", resets_at: 1_700_000_000 };

interface ReachedRow {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly snapshot: Partial<RateLimitSnapshot>;
}

const REACHED_ROWS: readonly ReachedRow[] = [
  {
    name: "the active family is reported with its name",
    headers: {
      "x-codex-active-limit": "codex_other",
      "x-codex-other-primary-used-percent": "100",
      "x-codex-other-limit-name": "codex-other",
    },
    snapshot: { limit_id: "codex_other", limit_name: "codex-other", primary: used(100) },
  },
  {
    name: "a family without a name header has no name",
    headers: { "x-codex-active-limit": "codex_other", "x-codex-other-primary-used-percent": "100" },
    snapshot: { limit_id: "codex_other", limit_name: null },
  },
  {
    name: "the kind of the reached limit is reported, and an empty balance is omitted",
    headers: {
      "x-codex-primary-used-percent": "100",
      "x-codex-rate-limit-reached-type": "workspace_member_usage_limit_reached",
      "x-codex-credits-has-credits": "true",
      "x-codex-credits-unlimited": "false",
      "x-codex-credits-balance": "",
    },
    snapshot: {
      rate_limit_reached_type: "workspace_member_usage_limit_reached",
      credits: { has_credits: true, unlimited: false, balance: null },
    },
  },
  {
    name: "an unknown kind is ignored",
    headers: { "x-codex-primary-used-percent": "100", "x-codex-rate-limit-reached-type": "brand_new" },
    snapshot: { rate_limit_reached_type: null },
  },
];

for (const { name, headers, snapshot } of REACHED_ROWS) {
  for (const transport of TRANSPORTS) {
    Deno.test(`a usage limit ${NAME[transport]}: ${name}`, async () => {
      const body = JSON.stringify({ error: LIMIT });
      const { result } = await runSocket({
        posts: [() => new Response(body, { status: 429, headers })],
        replies: [says([{ type: "error", status: 429, error: LIMIT, headers }])],
      }, { transport: transport });
      const [told, ...more] = result.rate_limits;
      assertEquals([result.error?.code, result.exit_code, more.length], ["usage_limit", 6, 0]);
      assertEquals({ ...told, ...snapshot }, told);
    });
  }
}

for (const transport of TRANSPORTS) {
  Deno.test(`rate limits ${NAME[transport]} belong to the session: a later turn that receives none still reports them`, async () => {
    await using server = await socketServer(scriptOf(
      { events: [push({ rate_limits: { primary: { used_percent: 9 } } }), ...COMPLETE] },
      { events: COMPLETE },
    ));
    using session = await socketSession(server.baseUrl, { transport: transport });
    await readTurn(session.turn(HELLO));
    const { of, result } = await readTurn(session.turn(HELLO));
    assertEquals([of("culvert.rate_limits").length, result.rate_limits[0]?.primary], [0, used(9)]);
  });
}
