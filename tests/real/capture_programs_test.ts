/** The coverage of each mode for the programs in the table of the README. */
import { assertEquals, assertExcludes, assertIncludes, assertMatch } from "../support/assert.ts";
import { culvert } from "../support/culvert.ts";
import { installed } from "../support/programs.ts";
import { skippedIf } from "../support/skipped.ts";
import { captureScene } from "../cli/capture/kit.ts";

/** The Python of Debian, which has the packages of Debian. */
const PYTHON = "/usr/bin/python3";

async function lacksHttpx(): Promise<string | undefined> {
  if (!await installed(PYTHON)) return `${PYTHON} not installed`;
  const { success } = await new Deno.Command(PYTHON, {
    args: ["-c", "import httpx"],
    stdout: "null",
    stderr: "null",
  }).output();
  return success ? undefined : "python3-httpx not installed";
}

// httpx is the HTTP client of the openai package for Python.
const HTTPX = `${PYTHON} -c 'import httpx, os
base = os.environ.get("OPENAI_BASE_URL") or os.environ["BASE"]
print(httpx.get(base + "/models", headers={"Authorization": "Bearer " + os.environ["KEY"]}).status_code)'`;

const lacks = await lacksHttpx();

for (const mode of ["forward", "reverse"] as const) {
  Deno.test(
    skippedIf(lacks, `httpx, the client of the openai package for Python, is recorded in ${mode} mode`),
    async () => {
      await using scene = await captureScene();
      const run = await scene.capture(["--mode", mode], HTTPX);
      assertEquals([run.code, run.stdout], [0, "200\n"], run.stderr);
      const request = (await scene.records()).find(({ kind }) => kind === "http.request");
      assertEquals(request?.["url"], "https://api.culvert.test/v1/models");
      assertExcludes(JSON.stringify(await scene.records()), scene.network.apiKey);
    },
  );
}

Deno.test(skippedIf(lacks, "httpx writes its TLS keys in keylog mode"), async () => {
  await using scene = await captureScene();
  const run = await scene.capture(["--mode", "keylog"], HTTPX);
  assertEquals([run.code, run.stdout], [0, "200\n"], run.stderr);
  assertMatch(run.stderr, /[1-9]\d* TLS keys; open .*traffic\.pcapng/);
});

const noNode = await installed("node") ? undefined : "node not installed";

/** Returns why the Node of this machine cannot show that Node ignores the variables of proxies. */
async function obeysProxies(): Promise<string | undefined> {
  if (noNode !== undefined) return noNode;
  const { stdout } = await new Deno.Command("node", {
    args: ["-p", 'process.allowedNodeEnvironmentFlags.has("--use-env-proxy")'],
  }).output();
  return new TextDecoder().decode(stdout).trim() === "true"
    ? "this Node obeys NODE_USE_ENV_PROXY"
    : undefined;
}

Deno.test(
  skippedIf(
    await obeysProxies(),
    "fetch of Node, which the openai package uses, ignores a forward proxy, and capture reports this",
  ),
  async () => {
    await using scene = await captureScene();
    const script = `node -e 'fetch(process.env.BASE + "/models").catch(() => console.log("no route"))'`;
    const run = await scene.capture(["--mode", "forward"], script);
    assertEquals([run.code, run.stdout], [0, "no route\n"], run.stderr);
    assertIncludes(run.stderr, "no connection was seen; does the program use the proxy variables?");
  },
);

Deno.test(
  skippedIf(
    await obeysProxies(),
    "a Node program with a fixed base URL leaves no record by default, and capture names the flag to use",
  ),
  async () => {
    await using scene = await captureScene();
    const program = `fetch("${scene.network.baseUrl}/models").catch(() => console.log("no route"))`;
    const run = await culvert(["capture", "-o", scene.directory, "--", "node", "-e", program], {
      env: scene.network.env,
    });
    assertEquals([run.code, run.stdout], [0, "no route\n"], run.stderr);
    const text = run.stderr.replaceAll(/\nculvert: +/g, " ");
    assertIncludes(text, "is captured with --mode forward; under Node, this needs Node 22.21 or 24.5");
  },
);

Deno.test(skippedIf(noNode, "fetch of Node is recorded in reverse mode"), async () => {
  await using scene = await captureScene();
  const script =
    `node -e 'fetch(process.env.OPENAI_BASE_URL + "/models", { headers: { authorization: "Bearer " + process.env.KEY } }).then((reply) => console.log(reply.status))'`;
  const run = await scene.capture(["--mode", "reverse"], script);
  assertEquals([run.code, run.stdout], [0, "200\n"], run.stderr);
  assertEquals((await scene.records()).filter(({ kind }) => kind === "http.end").length, 1);
});
