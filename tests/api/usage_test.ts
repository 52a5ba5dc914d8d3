import { listTasks } from "../../lib/api/tasks.ts";
import { getUsage } from "../../lib/api/usage.ts";
import { asCulvertError } from "../../lib/errors.ts";
import { tokens } from "../responses/kit.ts";
import { assertEquals, assertIncludes } from "../support/assert.ts";
import { type ApiRig, apiRig } from "./kit.ts";

/** A server that is the ChatGPT backend, with a login. */
function backend(reply: unknown, mode: "chatgpt" | "apikey" = "chatgpt"): ApiRig {
  const rig = apiRig([() => Response.json(reply)], { authenticator: tokens(mode, "token-0123456789") });
  const chatgptBaseUrl = rig.connection.settings.provider.baseUrl?.replace("/v1", "/backend-api");
  const settings = { ...rig.connection.settings, chatgptBaseUrl: chatgptBaseUrl ?? "" };
  return { ...rig, connection: { ...rig.connection, settings } };
}

Deno.test("usage maps windows, credits and additional limits to snapshots, minutes rounded up", async () => {
  await using rig = backend({
    plan_type: "k12",
    rate_limit: {
      allowed: true,
      limit_reached: false,
      primary_window: {
        used_percent: 24.5,
        limit_window_seconds: 18_001,
        reset_after_seconds: 9,
        reset_at: 1_795_724_000,
      },
      secondary_window: null,
    },
    credits: { has_credits: true, unlimited: false, balance: 17.5 },
    additional_rate_limits: [{ limit_name: "Big", metered_feature: "codex_bengalfox", rate_limit: null }],
    rate_limit_reset_credits: { available_count: 2 },
    future: [1],
  });
  const { limits, planType, raw, resetCredits } = await getUsage(rig.connection);
  assertEquals([planType, resetCredits, raw["future"]], ["k12", 2, [1]]);
  const [main, other] = limits;
  assertEquals(main?.snapshot.primary, {
    used_percent: 24.5,
    window_minutes: 301,
    resets_at: 1_795_724_000,
  });
  assertEquals([main?.snapshot.limit_id, main?.snapshot.secondary, main?.allowed], ["codex", null, true]);
  assertEquals(main?.snapshot.credits, { has_credits: true, unlimited: false, balance: "17.5" });
  assertEquals([other?.snapshot.limit_id, other?.snapshot.limit_name, other?.snapshot.primary], [
    "codex_bengalfox",
    "Big",
    null,
  ]);
  assertEquals(rig.seen[0]?.url.pathname, "/backend-api/wham/usage");
  assertEquals(rig.seen[0]?.headers.get("authorization"), "Bearer token-0123456789");
});

Deno.test("usage reads a reply in which every part is null or missing", async () => {
  for (
    const reply of [{}, { plan_type: null, rate_limit: null, credits: null, additional_rate_limits: null }]
  ) {
    await using rig = backend(reply);
    const { limits, planType } = await getUsage(rig.connection);
    assertEquals([planType, limits.length, limits[0]?.snapshot.primary], [undefined, 1, null]);
  }
});

Deno.test("an API key is never sent to the ChatGPT backend", async () => {
  await using rig = backend({}, "apikey");
  const error = await getUsage(rig.connection).catch(asCulvertError);
  if (!(error instanceof Error)) throw new Error("It succeeded");
  assertEquals([error.code, rig.seen.length], ["auth_missing", 0]);
  assertIncludes(error.message, "requires a ChatGPT login");
});

Deno.test("headers and query parameters of the provider are not sent to a backend of another origin", async () => {
  await using rig = backend({});
  const { settings } = rig.connection;
  const provider = {
    ...settings.provider,
    baseUrl: "https://gateway.example/v1",
    headers: { "x-gateway": "key" },
    queryParams: { "api-version": "1" },
  };
  await getUsage({ ...rig.connection, settings: { ...settings, provider } });
  assertEquals([rig.seen[0]?.headers.get("x-gateway"), rig.seen[0]?.url.search], [null, ""]);
});

Deno.test("a backend without /backend-api in its URL has the endpoints under api/codex", async () => {
  await using rig = backend({});
  const { settings } = rig.connection;
  const chatgptBaseUrl = settings.chatgptBaseUrl?.replace("/backend-api", "/");
  await getUsage({ ...rig.connection, settings: { ...settings, chatgptBaseUrl: chatgptBaseUrl ?? "" } });
  assertEquals(rig.seen[0]?.url.pathname, "/api/codex/usage");
});

Deno.test("tasks are listed page by page", async () => {
  await using rig = backend({
    items: [{
      id: "t1",
      title: "One",
      archived: false,
      has_unread_turn: true,
      updated_at: 5.5,
      task_status_display: {},
    }],
    cursor: "next",
  });
  const { cursor, tasks } = await listTasks(rig.connection, { limit: 1, cursor: "here" });
  assertEquals([cursor, tasks[0]?.title, tasks[0]?.updatedAt], ["next", "One", 5.5]);
  assertEquals(rig.seen[0]?.url.search, "?limit=1&cursor=here");
});
