import { loginByDevice } from "../../../lib/auth/login/device_login.ts";
import { CulvertError } from "../../../lib/errors.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import {
  accessToken,
  failureOf,
  HOUR_MS,
  idToken,
  jwt,
  plainDialer,
  type SeenRequest,
  TestAuthority,
  TestHome,
  testWorld,
} from "../kit.ts";
import type { World } from "../../../lib/world/world.ts";
import { loginParts } from "./login_kit.ts";

const CODE = { device_auth_id: "da-1", user_code: "ABCD-1234", interval: "1" };
const GRANT = { authorization_code: "code-1", code_challenge: "ch", code_verifier: "verifier-1" };
const TOKENS = {
  id_token: idToken("acc-1"),
  access_token: accessToken("a", Date.now() + HOUR_MS),
  refresh_token: "rt-1",
};

/** An authority that answers polls with `polls` in order; the last answer is repeated. */
function authority(
  polls: readonly (() => Response)[],
  code: unknown = CODE,
  tokens: unknown = TOKENS,
): TestAuthority {
  let polled = 0;
  return new TestAuthority((request: SeenRequest) => {
    if (request.path.endsWith("/usercode")) return Response.json(code);
    if (request.path.endsWith("/deviceauth/token")) {
      const answer = polls[Math.min(polled++, polls.length - 1)];
      return answer === undefined ? new Response(null, { status: 500 }) : answer();
    }
    return Response.json(tokens);
  });
}

const pollsOf = (one: TestAuthority) =>
  one.seen.filter((request) => request.path.endsWith("/deviceauth/token"));
/** Records the pauses between polls and shortens them. A pause with another signal is a time limit, and is kept. */
function pausing(pauses: number[]): World["sleep"] {
  return (ms, signal) => {
    if (signal !== undefined) return testWorld().sleep(ms, signal);
    pauses.push(ms);
    return Promise.resolve();
  };
}

const pending = () => new Response(null, { status: 403 });
const granted = () => Response.json(GRANT);

Deno.test("a device login polls until it is granted, and stores tokens and account without a key", async () => {
  await using home = new TestHome();
  await using server = authority([() => new Response(null, { status: 404 }), pending, granted]);
  const parts = loginParts(home, server.base);
  assertEquals((await loginByDevice(parts)).accountId, "acc-1");
  const stored = home.json();
  assertEquals([stored["auth_mode"], stored["OPENAI_API_KEY"], stored.tokens["account_id"]], [
    "chatgpt",
    null,
    "acc-1",
  ]);
  assertEquals(
    pollsOf(server).map((one) => JSON.parse(one.body)),
    Array(3).fill({
      device_auth_id: "da-1",
      user_code: "ABCD-1234",
    }),
  );
  const exchange = new URLSearchParams(server.seen.at(-1)?.body ?? "");
  assertEquals([exchange.get("code"), exchange.get("code_verifier"), exchange.get("redirect_uri")], [
    "code-1",
    "verifier-1",
    `${server.base}/deviceauth/callback`,
  ]);
  assertEquals(server.seen.filter((one) => one.path === "/oauth/token").length, 1);
});

Deno.test("a device login whose id token has no claims is stored without account and key", async () => {
  await using home = new TestHome();
  const silent = { ...TOKENS, id_token: jwt({}), access_token: "opaque" };
  await using server = authority([granted], CODE, silent);
  assertEquals(await loginByDevice(loginParts(home, server.base)), {});
  const { OPENAI_API_KEY: key, tokens } = home.json();
  assertEquals([key, tokens["account_id"], tokens["access_token"]], [null, null, "opaque"]);
});

Deno.test("the prompt names address, code and validity, and warns of codes from others", async () => {
  await using home = new TestHome();
  await using server = authority([granted]);
  const parts = loginParts(home, server.base);
  await loginByDevice(parts);
  const prompt = parts.said.join("\n");
  for (
    const part of [
      `${server.base}/codex/device`,
      "ABCD-1234",
      "15 minutes",
      "Never enter a code that somebody",
    ]
  ) {
    assertIncludes(prompt, part);
  }
});

Deno.test("a device login continues after a cut connection, 429 with Retry-After, 503 and slow_down", async () => {
  await using home = new TestHome();
  await using server = authority([
    () => new Response(null, { status: 429, headers: { "retry-after": "2" } }),
    () => new Response("busy", { status: 503 }),
    () => Response.json({ error: "slow_down" }, { status: 400 }),
    granted,
  ]);
  const pauses: number[] = [];
  let isCut = false;
  const dialer = plainDialer((request) => {
    if (isCut || !request.url.pathname.endsWith("/deviceauth/token")) return;
    isCut = true;
    throw new CulvertError("reset", "The connection was cut");
  });
  const parts = loginParts(home, server.base, { dialer });
  const world = {
    ...parts.world,
    sleep: pausing(pauses),
  };
  await loginByDevice({ ...parts, world });
  assertEquals(pauses, [1000, 2000, 1000, 6000]);
  assertIncludes(parts.said.join("\n"), "Waiting: The connection was cut");
});

for (
  const [interval, first] of [["2", 2000], [3, 3000], [0, 1000], ["0.2", 1000], [undefined, 5000], [
    "soon",
    5000,
  ], [
    null,
    5000,
  ]] as const
) {
  Deno.test(`an interval of ${JSON.stringify(interval)} means ${first} ms between polls`, async () => {
    await using home = new TestHome();
    await using server = authority([pending, granted], { ...CODE, interval });
    const pauses: number[] = [];
    const parts = loginParts(home, server.base);
    await loginByDevice({ ...parts, world: { ...parts.world, sleep: pausing(pauses) } });
    assertEquals(pauses, [first]);
  });
}

Deno.test("the older spelling of the user code is understood", async () => {
  await using home = new TestHome();
  await using server = authority([granted], { device_auth_id: "da-1", usercode: "WXYZ" });
  const parts = loginParts(home, server.base);
  await loginByDevice(parts);
  assertIncludes(parts.said.join("\n"), "WXYZ");
});

Deno.test("a code that is not used expires after fifteen minutes", async () => {
  await using home = new TestHome();
  await using server = authority([pending]);
  const parts = loginParts(home, server.base);
  let now = 0;
  const sleep = (ms: number, signal?: AbortSignal) => {
    // The limit of a request is no pause between two polls.
    if (ms >= 30_000) return parts.world.sleep(ms, signal);
    now += 5 * 60_000;
    return Promise.resolve();
  };
  const error = await failureOf(
    loginByDevice({ ...parts, world: { ...parts.world, monotonic: () => now, sleep } }),
  );
  assertEquals([error.details["problem"], pollsOf(server).length], ["expired_token", 3]);
});

for (
  const [name, answer, problem] of [
    [
      "401 with a reason",
      () => Response.json({ error: { code: "bad_device" } }, { status: 401 }),
      "bad_device",
    ],
    ["a denial", () => Response.json({ error: "access_denied" }, { status: 403 }), "access_denied"],
  ] as const
) {
  Deno.test(`${name} ends a device login, and nothing is written`, async () => {
    await using home = new TestHome();
    await using server = authority([answer]);
    const error = await failureOf(loginByDevice(loginParts(home, server.base)));
    assertEquals([error.details["problem"], pollsOf(server).length], [problem, 1]);
    assertEquals([...Deno.readDirSync(home.path)], []);
  });
}

Deno.test("where device codes are not enabled the error names the setting and the other way", async () => {
  await using home = new TestHome();
  await using server = new TestAuthority(() => new Response(null, { status: 404 }));
  const error = await failureOf(loginByDevice(loginParts(home, server.base)));
  assertEquals(error.details["problem"], "device_code_disabled");
  assertIncludes(error.hint ?? "", "security settings");
  assertIncludes(error.hint ?? "", "culvert auth login");
});

Deno.test("a server error at the first step is named by its status", async () => {
  await using home = new TestHome();
  await using server = new TestAuthority(() => new Response(null, { status: 503 }));
  const error = await failureOf(loginByDevice(loginParts(home, server.base)));
  assertIncludes(error.message, "503");
  assertEquals([...Deno.readDirSync(home.path)], []);
});

Deno.test("a device login of a workspace that is not allowed is refused", async () => {
  await using home = new TestHome();
  await using server = authority([granted]);
  const error = await failureOf(loginByDevice(loginParts(home, server.base, { workspaces: ["other"] })));
  assertEquals(error.details["problem"], "workspace_restriction");
  assertEquals([...Deno.readDirSync(home.path)].filter((entry) => entry.name === "auth.json"), []);
});
