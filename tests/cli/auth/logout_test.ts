import { accessToken, HOUR_MS, loginText, TestAuthority, TestHome } from "../../auth/kit.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { runIn, workplace } from "../../support/on_path.ts";

const ACCESS = accessToken("a", Date.now() + HOUR_MS);

interface LogoutRow {
  readonly name: string;
  /** `auth.json`; absent: there is none. */
  readonly stored?: string;
  /** Status of the answer to a revocation. Default 200. */
  readonly status?: number;
  /** The token that is revoked. */
  readonly revokes?: string;
  /** Text on stderr. */
  readonly says: string;
}

const ROWS: readonly LogoutRow[] = [
  {
    name: "a ChatGPT login: its refresh token is revoked",
    stored: loginText({ access: ACCESS, refresh: "rt-secret-refresh-token" }),
    revokes: "rt-secret-refresh-token",
    says: "was removed",
  },
  {
    name: "a ChatGPT login without a refresh token: its access token is revoked",
    stored: loginText({ access: ACCESS, refresh: "" }),
    revokes: ACCESS,
    says: "was removed",
  },
  {
    name: "a login whose revocation fails: it is removed with a warning",
    stored: loginText({ access: ACCESS, refresh: "rt-secret-refresh-token" }),
    status: 500,
    revokes: "rt-secret-refresh-token",
    says: "warning: ",
  },
  {
    name: "a truncated file: it is removed, with a warning that it could not be read",
    stored: '{"tokens":',
    says: "warning: ",
  },
  {
    name: "an API key: there is nothing to revoke",
    stored: '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-proj-0123456789abcdef"}',
    says: "was removed",
  },
  { name: "no login: it succeeds", says: "Not signed in" },
];

for (const { name, stored, status = 200, revokes, says } of ROWS) {
  Deno.test(`auth logout of ${name}`, async () => {
    await using home = new TestHome();
    await using authority = new TestAuthority(() => new Response(null, { status }));
    if (stored !== undefined) home.store(stored);
    const env = { CODEX_HOME: home.path, ...authority.env };
    const run = await culvert(["auth", "logout", "--json"], { env });
    assertEquals([run.code, JSON.parse(run.stdout)], [0, {
      type: "culvert.logout",
      was_signed_in: stored !== undefined,
      path: home.authPath,
      source: { kind: "file", name: home.authPath },
    }]);
    assertEquals([...Deno.readDirSync(home.path)].filter(({ name }) => name === "auth.json"), []);
    if (stored === undefined) assertEquals([...Deno.readDirSync(home.path)], []);
    assertIncludes(run.stderr, says);
    const revoked = authority.seen.filter(({ path }) => path === "/oauth/revoke");
    assertEquals(revoked.map(({ body }) => JSON.parse(body).token), revokes === undefined ? [] : [revokes]);
    for (const secret of ["rt-secret", ACCESS, "0123456789"]) assertExcludes(run.stdout + run.stderr, secret);
  });
}

Deno.test("auth logout without a home directory creates none", async () => {
  await using place = await workplace({ CODEX_HOME: "" });
  const run = await runIn(place, "culvert", ["auth", "logout"]);
  assertEquals([run.code, [...Deno.readDirSync(place.env["HOME"] ?? "")]], [0, []]);
  assertIncludes(run.stderr, "Not signed in");
});

interface KeyRow {
  readonly name: string;
  readonly stdin: string;
  readonly stored?: string;
  readonly args?: readonly string[];
  readonly exit: number;
  /** `auth.json` afterwards; absent: as before. */
  readonly leaves?: unknown;
  readonly says: string;
  readonly revokes?: string;
}

const KEY = "sk-proj-0123456789abcdef";
const KEY_ROWS: readonly KeyRow[] = [
  {
    name: "a key with spaces and a Windows line end around it",
    stdin: `  ${KEY}\r\n`,
    exit: 0,
    leaves: { auth_mode: "apikey", OPENAI_API_KEY: KEY },
    says: "stored in",
  },
  { name: "an empty input", stdin: "", exit: 2, says: "contains no API key" },
  { name: "blanks", stdin: " \n\t\n", exit: 2, says: "contains no API key" },
  { name: "two lines", stdin: `${KEY}\nmore\n`, exit: 4, says: "line breaks" },
  { name: "an assignment", stdin: `OPENAI_API_KEY = ${KEY}\n`, exit: 4, says: "without quotes, labels" },
  {
    name: "letters that a header cannot contain",
    stdin: "sk-schlüssel-0123456789\n",
    exit: 4,
    says: "other characters",
  },
  {
    name: "a key that replaces a login, whose tokens are cleared and revoked",
    stdin: `${KEY}\n`,
    stored: loginText({ access: ACCESS, refresh: "rt-secret-refresh-token", extra: { future: 1 } }),
    exit: 0,
    leaves: { auth_mode: "apikey", OPENAI_API_KEY: KEY, future: 1 },
    says: "stored in",
    revokes: "rt-secret-refresh-token",
  },
  {
    name: "a key if another program's file is stored",
    stdin: `${KEY}\n`,
    stored: '{"name":"package","version":"1.0.0"}',
    exit: 4,
    says: "is unchanged",
  },
  {
    name: "a key together with --device",
    stdin: `${KEY}\n`,
    args: ["--device"],
    exit: 2,
    says: "Both --device",
  },
];

for (const { name, stdin, stored, args = [], exit, leaves, says, revokes } of KEY_ROWS) {
  Deno.test(`auth login --api-key with ${name} ends with ${exit}`, async () => {
    await using home = new TestHome();
    await using authority = new TestAuthority(() => new Response(null));
    if (stored !== undefined) home.store(stored);
    const env = { CODEX_HOME: home.path, ...authority.env };
    const run = await culvert(["auth", "login", "--api-key", ...args], { env, stdin });
    assertEquals(run.code, exit, run.stderr);
    assertIncludes(run.stderr, says);
    if (leaves !== undefined) {
      assertEquals(JSON.parse(home.text()), leaves);
      assertEquals((Deno.statSync(home.authPath).mode ?? 0) & 0o777, 0o600);
    } else if (stored !== undefined) assertEquals(home.text(), stored);
    else assert([...Deno.readDirSync(home.path)].length === 0);
    assertEquals(
      authority.seen.map(({ body }) => JSON.parse(body).token),
      revokes === undefined ? [] : [revokes],
    );
    for (const secret of [KEY, "0123456789", "rt-secret"]) assertExcludes(run.stdout + run.stderr, secret);
  });
}
