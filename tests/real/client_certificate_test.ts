import { createAuthority } from "../../lib/pki/pki.ts";
import { assertEquals, assertIncludes } from "../support/assert.ts";
import { jsonLines } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { bench } from "./kit.ts";
import { NGINX, startNginx } from "./peers/nginx.ts";
import { SQUID, startSquid } from "./peers/squid.ts";

await testWith(
  [...NGINX, ...SQUID],
  "nginx that requires a client certificate answers over SSE and websocket, directly and through squid, and is named without one",
  async () => {
    await using b = await bench();
    const clients = await createAuthority("Clients CA");
    await using gateway = await startNginx({
      origin: { port: b.api.port, roots: b.roots },
      buffering: false,
      clientRoots: clients.certificate,
    });
    await using proxy = await startSquid({ originRoots: b.roots, isPassive: true });
    const issued = await clients.issue({ commonName: "dev", usages: ["1.3.6.1.5.5.7.3.2"] });
    const directory = await Deno.makeTempDir({ prefix: "culvert-mtls-" });
    const identity = { certificate: join(directory, "dev.pem"), key: join(directory, "dev.key") };
    await Deno.writeTextFile(identity.certificate, issued.certificate);
    await Deno.writeTextFile(identity.key, issued.privateKey, { mode: 0o600 });
    const base = { baseUrl: `${gateway.url}/v1`, bundle: gateway.bundle };
    try {
      for (const transport of ["sse", "ws"]) {
        for (
          const [name, way] of [["directly", {}], ["through squid", {
            proxy: `http://127.0.0.1:${proxy.port}`,
          }]] as const
        ) {
          {
            const args = ["--json", "--transport", transport];
            const run = await b.respond({ ...base, ...way, identity, args });
            const result = jsonLines(run.stdout).at(-1);
            assertEquals(
              [run.code, result?.["status"]],
              [0, "completed"],
              `${transport} ${name}: ${run.stderr}`,
            );
            assertEquals(result?.["transport"], transport === "ws" ? "websocket" : "sse");
            const without = await b.respond({ ...base, ...way, args });
            assertIncludes(without.stderr, "requires a client certificate");
            assertIncludes(without.stderr, "--client-cert");
          }
        }
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
);
