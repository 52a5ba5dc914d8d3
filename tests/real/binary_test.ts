import { assertEquals, assertMatch } from "../support/assert.ts";
import { installed } from "../support/programs.ts";
import { unlessLacking } from "../support/runtime_abilities.ts";
import { skippedIf } from "../support/skipped.ts";

const binary = Deno.env.get("CULVERT_UNDER_TEST") ?? "";
const NAME = "the binary streams the demo with an empty environment and without a network";

/** A network namespace with loopback only. Requires the permission to create one. */
async function withoutNetwork(): Promise<boolean> {
  if (!await installed("unshare") || !await installed("ip")) return false;
  return (await new Deno.Command("unshare", { args: ["-rn", "ip", "link", "set", "lo", "up"] }).output())
    .success;
}

const missing = binary === ""
  ? "no CULVERT_UNDER_TEST"
  : await withoutNetwork()
  ? undefined
  : "no unshare -n";

Deno.test(missing === undefined ? unlessLacking(NAME) : skippedIf(missing, NAME), async () => {
  const line = 'ip link set lo up && exec env -i HOME=/nonexistent "$0" demo -q';
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: ["-rn", "sh", "-c", line, await Deno.realPath(binary)],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  assertMatch(new TextDecoder().decode(stdout), /^A culvert is a channel .* cut connections\.$/);
});
