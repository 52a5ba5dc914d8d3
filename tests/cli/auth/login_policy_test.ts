import { TestHome } from "../../auth/kit.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

const KEY = '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-stored-0123456789"}';

/** A home with a stored key and these lines of `config.toml`. */
function homeWith(toml: string): TestHome {
  const home = new TestHome();
  home.store(KEY);
  Deno.chmodSync(home.authPath, 0o600);
  Deno.writeTextFileSync(join(home.path, "config.toml"), `${toml}\n`);
  return home;
}

const REFUSED: readonly (readonly [args: readonly string[], toml: string, stdin: string])[] = [
  [["--api-key"], 'forced_login_method = "chatgpt"', "sk-other"],
  [["--port", "0"], 'forced_login_method = "api"', ""],
  [["--device"], 'forced_login_method = "api"', ""],
];
for (const [args, toml, stdin] of REFUSED) {
  Deno.test(`auth login ${args.join(" ")} with ${toml} is refused, and the previous login is kept`, async () => {
    await using home = homeWith(toml);
    const run = await culvert(["auth", "login", ...args], { env: { CODEX_HOME: home.path }, stdin });
    assertEquals([run.code, home.text()], [4, KEY]);
    assertIncludes(run.stderr, toml);
    assertIncludes(run.stderr, "Nothing was changed");
  });
}

Deno.test("respond with a stored login that is not allowed removes it, says so and exits 4", async () => {
  await using home = homeWith('forced_login_method = "chatgpt"');
  const run = await culvert(["respond", "hi"], { env: { CODEX_HOME: home.path } });
  assertEquals(run.code, 4, run.stderr);
  assertIncludes(run.stderr, `The login in ${home.authPath} was removed`);
  assertIncludes(run.stderr, 'forced_login_method = "chatgpt"');
  assertEquals([...Deno.readDirSync(home.path)].some((one) => one.name === "auth.json"), false);
});

Deno.test("auth status with a stored login that is not allowed says so, exits 4 and removes nothing", async () => {
  await using home = homeWith('forced_login_method = "chatgpt"');
  const run = await culvert(["auth", "status", "--json"], { env: { CODEX_HOME: home.path } });
  const told = JSON.parse(run.stdout);
  assertEquals([run.code, told.usable, told.code, home.text()], [4, false, "auth_missing", KEY]);
  assertIncludes(told.problems.join(), 'forced_login_method = "chatgpt"');
});

Deno.test("workspaces in config.toml may be one or a list, and an empty list restricts nothing", async () => {
  const login = (account: string) => {
    const part = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
    const claims = part({ "https://api.openai.com/auth": { chatgpt_account_id: account } });
    const id = `${part({ alg: "none" })}.${claims}.c2ln`;
    const tokens = { id_token: id, access_token: "opaque", refresh_token: "rt", account_id: account };
    return JSON.stringify({ auth_mode: "chatgpt", OPENAI_API_KEY: null, tokens });
  };
  const rows: readonly (readonly [toml: string, isUsable: boolean])[] = [
    ['" acc-1 "', true],
    ['"acc-2"', false],
    ['["acc-2", " acc-1"]', true],
    ['["acc-2"]', false],
    ['["", " "]', true],
    ["[]", true],
  ];
  for (const [value, isUsable] of rows) {
    await using home = homeWith(`forced_chatgpt_workspace_id = ${value}`);
    home.store(login("acc-1"));
    const run = await culvert(["auth", "status", "--json"], { env: { CODEX_HOME: home.path } });
    assertEquals([value, JSON.parse(run.stdout).usable], [value, isUsable], run.stdout);
  }
});
