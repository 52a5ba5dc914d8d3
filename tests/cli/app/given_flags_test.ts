/** The commands that a hint names repeat the flags that were given. */
import { hintWithFlags } from "../../../lib/cli/command/flags/given_flags.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { closedPort } from "../../support/closed_port.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";

Deno.test("each command of a hint gets the flags that it accepts, and the value of -H is left for the user to fill in", () => {
  const flags = {
    baseUrl: "https://gateway.test/deep/v1",
    proxy: "http://127.0.0.1:3128",
    config: ["model_verbosity=low"],
    header: ["x-key: secret"],
    json: true,
  };
  assertEquals(
    hintWithFlags("Look: `culvert auth status`. For all checks: culvert doctor https://gateway.test", flags),
    "Look: `culvert auth status -C model_verbosity=low --proxy http://127.0.0.1:3128`. For all checks: culvert doctor " +
      "https://gateway.test/deep/v1 -C model_verbosity=low --proxy http://127.0.0.1:3128 -H 'x-key: VALUE'",
  );
  assertEquals(
    hintWithFlags("For all checks: culvert doctor https://elsewhere.test:8443", { provider: "gate" }),
    "For all checks: culvert doctor https://elsewhere.test:8443 --provider gate",
  );
  assertEquals(hintWithFlags("Run: culvert doctor", {}), "Run: culvert doctor");
});

Deno.test("a turn, and a command without a turn, suggest the doctor with the same path and flags", async () => {
  const env = { CULVERT_API_KEY: "sk-any" };
  const base = `http://127.0.0.1:${closedPort()}/deep/v1`;
  const given = ["--base-url", base, "--proxy", "none"];
  const turn = await culvert(["respond", ...given, "hi"], { env });
  assertEquals(turn.code, 5, turn.stderr);
  assertIncludes(turn.stderr, `For all checks: culvert doctor ${base} --proxy none\n`);
  const json = await culvert(["respond", "--json", ...given, "hi"], { env });
  assertIncludes(JSON.stringify(jsonLines(json.stdout).at(-1)), `culvert doctor ${base} --proxy none`);
  const list = await culvert(["models", ...given], { env });
  assertEquals(list.code, 5, list.stderr);
  assertIncludes(list.stderr, `For all checks: culvert doctor ${base} --proxy none\n`);
});

Deno.test("a password of --proxy is masked in the suggested command", async () => {
  const proxy = `http://user:hunter22@127.0.0.1:${closedPort()}`;
  const env = { CULVERT_API_KEY: "sk-any" };
  const { stderr } = await culvert(["models", "--base-url", "https://api.test/v1", "--proxy", proxy], {
    env,
  });
  assertIncludes(stderr, "culvert doctor https://api.test/v1 --proxy http://***@127.0.0.1:");
  assertExcludes(stderr, "hunter22");
});
