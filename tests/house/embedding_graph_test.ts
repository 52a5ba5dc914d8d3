import { assertEquals } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("a program that embeds culvert finds every module by following its imports", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", fromFileUrl(new URL("lib/mod.ts", ROOT))],
    stderr: "null",
  }).output();
  const graph: { readonly modules: readonly { readonly specifier: string; readonly error?: string }[] } = JSON
    .parse(new TextDecoder().decode(stdout));
  const paths = graph.modules.map(({ specifier }) => specifier.replace(ROOT.href, ""));
  // The late parts of the rooms below, each by a plain literal.
  const late = [
    "lib/net/websocket/open_websocket.ts",
    "lib/auth/chatgpt/managed_login.ts",
    "lib/trust/bundle/read_selected.ts",
  ];
  assertEquals(late.filter((path) => !paths.includes(path)), []);
  // The one module whose imports cannot be followed.
  assertEquals(paths.filter((path) => path === "lib/cli/app/late_modules.ts"), []);
});
