import { CulvertError } from "../../../lib/errors.ts";
import { describeRoute } from "../../../lib/net/route/route.ts";
import { createRouteTable } from "../../../lib/net/route/route_table.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertThrows } from "../../support/assert.ts";
import { environment, ROUTES } from "./route_cases.ts";

Deno.test("every row of the route table resolves as listed", async (t) => {
  for (const row of ROUTES) {
    await t.step(row.name, async () => {
      const { routes } = await createRouteTable({
        env: environment(row.env ?? {}),
        ...(row.proxy === undefined ? {} : { proxy: row.proxy }),
      });
      for (const [target, expected] of Object.entries(row.routes)) {
        assertEquals(describeRoute(routes.resolve(new URL(target))), expected, target);
      }
    });
  }
});

Deno.test("an invalid variable affects only the targets that it applies to", async () => {
  const { routes } = await createRouteTable({
    env: environment({ HTTP_PROXY: "socks4://p:1", HTTPS_PROXY: "http://p:2" }),
  });
  assertEquals(routes.resolve(new URL("https://a.example")).kind, "proxy");
  assertThrows(
    () => routes.resolve(new URL("http://a.example")),
    (error: unknown) =>
      error instanceof CulvertError && error.code === "proxy_invalid" && error.message.includes("HTTP_PROXY"),
  );
});

Deno.test("upper-case and lower-case variables that differ cause a warning without their values", async () => {
  const { warnings } = await createRouteTable({
    env: environment({
      HTTPS_PROXY: "http://ann:hunter2@a:1",
      https_proxy: "http://ann:hunter3@b:1",
      HTTP_PROXY: "http://a:1",
      http_proxy: "http://a:1",
      NO_PROXY: "",
      no_proxy: "x",
    }),
  });
  assertEquals(warnings.map(({ code }) => code), ["proxy_variables_disagree"]);
  assertIncludes(warnings[0]?.message ?? "", "HTTPS_PROXY and https_proxy");
  assertExcludes(JSON.stringify(warnings), "hunter");
});

Deno.test("NO_PROXY entries that can never match cause a warning with masked credentials", async () => {
  const { warnings } = await createRouteTable({
    env: environment({ NO_PROXY: "10.0.0.0/99, http://ann:hunter2@host, good.example, [::zz]" }),
  });
  assertEquals(warnings.map(({ code }) => code), ["no_proxy_entry", "no_proxy_entry", "no_proxy_entry"]);
  assertExcludes(JSON.stringify(warnings), "hunter2");
});

Deno.test("in a CGI script the upper-case HTTP_PROXY is ignored with a warning", async () => {
  const { warnings } = await createRouteTable({
    env: environment({ REQUEST_METHOD: "GET", HTTP_PROXY: "http://evil:1", HTTPS_PROXY: "http://good:1" }),
  });
  assertEquals(warnings.map(({ code }) => code), ["http_proxy_untrusted"]);
});

Deno.test("an invalid --proxy is refused before anything is sent", async () => {
  let caught: unknown;
  await createRouteTable({ env: environment({}), proxy: "socks4://p:1" }).catch((error) => caught = error);
  assert(caught instanceof CulvertError);
  assertEquals(caught.code, "proxy_invalid");
  assertIncludes(caught.message, "--proxy");
});
