/** Client certificates on the upstream connections of `serve` and `capture`: nginx requires one, the local client has none. */
import { WebSocket } from "ws";
import { createAuthority } from "../../lib/pki/pki.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../support/assert.ts";
import { culvert } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { type StartedCulvert, startedCulvert } from "../support/started_culvert.ts";
import { CURL_TURN } from "../cli/capture/kit.ts";
import { bench } from "./kit.ts";
import { NGINX, type Nginx, startNginx } from "./peers/nginx.ts";

const KEY = "sk-planted-0123456789abcdef";

interface Gateway extends AsyncDisposable {
  readonly nginx: Nginx;
  readonly directory: string;
  /** Flags that present the certificate. */
  readonly identity: readonly string[];
}

/** nginx in front of the simulated API, and a certificate that it accepts. */
async function gateway(): Promise<Gateway> {
  const b = await bench();
  const clients = await createAuthority("Clients CA");
  const nginx = await startNginx({
    origin: { port: b.api.port, roots: b.roots },
    buffering: false,
    clientRoots: clients.certificate,
  });
  const issued = await clients.issue({ commonName: "dev", usages: ["1.3.6.1.5.5.7.3.2"] });
  const directory = await Deno.makeTempDir({ prefix: "culvert-mtls-" });
  const [certificate, key] = [join(directory, "dev.pem"), join(directory, "dev.key")];
  await Deno.writeTextFile(certificate, issued.certificate);
  await Deno.writeTextFile(key, issued.privateKey, { mode: 0o600 });
  return {
    nginx,
    directory,
    identity: ["--client-cert", certificate, "--client-key", key],
    [Symbol.asyncDispose]: async () => {
      await nginx[Symbol.asyncDispose]();
      await b[Symbol.asyncDispose]();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

async function serve(nginx: Nginx, flags: readonly string[]): Promise<StartedCulvert> {
  return await startedCulvert(
    ["serve", "--no-local-auth", "--base-url", `${nginx.url}/v1`, "--ca-cert", nginx.bundle, ...flags],
    { env: { SHELL: "/bin/sh", CULVERT_API_KEY: KEY } },
  );
}

/** Sends one request over a websocket and returns the type of the last event, or the status of a refusal. */
function webSocketTurn(base: string): Promise<string | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${base.replace(/^http/, "ws")}/responses`);
    socket.once("unexpected-response", (_request: unknown, response: { readonly statusCode?: number }) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.once("error", reject);
    socket.once(
      "open",
      () => socket.send(JSON.stringify({ type: "response.create", model: "gpt-5.2", input: "hello" })),
    );
    socket.on("message", (data: unknown) => {
      const { type } = JSON.parse(String(data));
      if (type !== "response.completed") return;
      resolve(type);
      socket.close();
    });
  });
}

await testWith(
  [...NGINX],
  "serve presents the client certificate to nginx, for a stream and for a websocket; without one nginx's refusal is passed on",
  async () => {
    await using scene = await gateway();
    {
      await using program = await serve(scene.nginx, scene.identity);
      const [, base = ""] = await program.seen("stdout", /OPENAI_BASE_URL='([^']+)'/);
      const reply = await fetch(`${base}/responses`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "gpt-5.2", input: "hello", stream: true }),
      });
      assertEquals(reply.status, 200);
      assertIncludes(await reply.text(), '"type":"response.completed"');
      assertEquals(await webSocketTurn(base), "response.completed");
    }
    await using program = await serve(scene.nginx, []);
    const [, base = ""] = await program.seen("stdout", /OPENAI_BASE_URL='([^']+)'/);
    const reply = await fetch(`${base}/models`);
    const text = await reply.text();
    // nginx reports the missing certificate in its own answer.
    assertEquals(reply.status, 400, text);
    assertIncludes(text, "No required SSL certificate was sent");
    assertEquals(await webSocketTurn(base), 400);
  },
);

for (const mode of ["reverse", "forward"] as const) {
  await testWith(
    [...NGINX, "curl"],
    `capture in ${mode} mode presents the client certificate to nginx, and the program needs none`,
    async () => {
      await using scene = await gateway();
      const directory = join(scene.directory, "capture");
      const base = mode === "reverse" ? "$OPENAI_BASE_URL" : `${scene.nginx.url}/v1`;
      const run = await culvert(
        ["capture", "-o", directory, "--mode", mode, "--intercept", "localhost", "--proxy", "none"].concat(
          ["--base-url", `${scene.nginx.url}/v1`, "--ca-cert", scene.nginx.bundle, ...scene.identity],
          ["--", "sh", "-c", `${CURL_TURN} --noproxy '' "${base}/responses"`],
        ),
        { env: { KEY } },
      );
      assertEquals(run.code, 0, run.stderr);
      assertIncludes(run.stdout, '"type":"response.completed"');
      const text = await Deno.readTextFile(join(directory, "capture.jsonl"));
      assertIncludes(text, '"json_type":"response.completed"');
      assertExcludes(text, KEY);
    },
  );
}
