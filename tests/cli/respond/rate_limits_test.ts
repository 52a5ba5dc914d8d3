import { used, WINDOW_ROWS } from "../../responses/events/rate_limit_rows.ts";
import { COMPLETED } from "../../responses/turn/reading.ts";
import { assertEquals } from "../../support/assert.ts";
import { converse, scriptOf } from "./transport_kit.ts";

/** They make a snapshot worth telling where there is no window. */
const CREDITS = { "x-codex-credits-has-credits": "true", "x-codex-credits-unlimited": "0" };

for (const [name, fields, window] of WINDOW_ROWS) {
  Deno.test(`the program's rate limits, from headers: ${name}`, async () => {
    const entries = Object.entries(fields).map(([key, value]) => [`x-codex-primary-${key}`, value]);
    const headers: Record<string, string> = { ...Object.fromEntries(entries), ...CREDITS };
    const { of, result } = await converse({ script: scriptOf({ events: [COMPLETED], headers }) });
    assertEquals(result.rate_limits[0]?.primary, window);
    assertEquals(of("culvert.rate_limits").map(({ snapshot }) => snapshot.primary), [window]);
  });
}

Deno.test("the program's rate limits: every family of the headers is reported, the default one first", async () => {
  const headers = {
    "x-zeta-primary-used-percent": "1",
    "x-codex-secondary-primary-used-percent": "2",
    "x-codex-primary-used-percent": "3",
    "x-codex-primary-over-secondary-limit-percent": "9",
    "x-codex-bengalfox-primary-used-percent": "4",
    "x-codex-bengalfox-limit-name": " gpt-5.2-codex-sonic ",
  };
  const { of, result } = await converse({ script: scriptOf({ events: [COMPLETED], headers }) });
  const told = of("culvert.rate_limits").map(({ snapshot }) => snapshot);
  assertEquals(told.map(({ limit_id, limit_name, primary }) => [limit_id, limit_name, primary]), [
    ["codex", null, used(3)],
    ["codex_bengalfox", "gpt-5.2-codex-sonic", used(4)],
    ["codex_secondary", null, used(2)],
    ["zeta", null, used(1)],
  ]);
  assertEquals(result.rate_limits, told);
});

const PUSHED = {
  type: "codex.rate_limits",
  plan_type: "plus",
  rate_limits: { primary: { used_percent: 42, window_minutes: 60, reset_at: 1_700_000_000 } },
  credits: { has_credits: true, unlimited: false, balance: "123" },
};
const PUSHES: readonly (readonly [name: string, event: object, ids: readonly (string | null)[]])[] = [
  ["a separate family", { ...PUSHED, metered_limit_name: "codex-other" }, ["codex_other"]],
  ["the default family", PUSHED, ["codex"]],
  ["a field of the wrong type", { ...PUSHED, rate_limits: { primary: { used_percent: "42" } } }, []],
  ["no limits at all", { type: "codex.rate_limits", rate_limits: 1 }, []],
];

for (const transport of ["sse", "ws"] as const) {
  for (const [name, event, ids] of PUSHES) {
    Deno.test(`the program's rate limits, pushed over ${transport}: ${name}`, async () => {
      const { of, result, types } = await converse({
        transport,
        script: scriptOf({ events: [event, COMPLETED] }),
      });
      assertEquals(of("culvert.rate_limits").map(({ snapshot }) => snapshot.limit_id), ids);
      assertEquals(result.rate_limits.map(({ plan_type }) => plan_type), ids.map(() => "plus"));
      assertEquals(result.rate_limits.map(({ credits }) => credits?.balance), ids.map(() => "123"));
      assertEquals(types.filter((type) => type === "codex.rate_limits").length, 1);
    });
  }
}
