import { startNetwork } from "../../lib/mock/network.ts";
import { readBundle } from "../../lib/trust/bundle/bundle_reader.ts";
import { assert, assertEquals, assertIncludes, assertRejects } from "../support/assert.ts";
import { testWith } from "../support/programs.ts";

const POST = {
  method: "POST",
  headers: { authorization: "Bearer sk-test", "content-type": "application/json" },
  body: JSON.stringify({ model: "gpt-5.2", input: [] }),
};

async function rootsIn(path: string): Promise<string[]> {
  const source = { kind: "file", name: "FILE", path } as const;
  return readBundle(await Deno.readFile(path), source, { now: Date.now() }).certificates.map(({ pem }) =>
    pem
  );
}

Deno.test("the network admits only clients with the proxy and the company's bundle", async () => {
  const network = await startNetwork();
  const proxy = { url: network.proxyUrl };
  const insider = Deno.createHttpClient({ caCerts: await rootsIn(network.bundlePath), proxy });
  const stranger = Deno.createHttpClient({ proxy });
  try {
    const reply = await fetch(`${network.baseUrl}/responses`, { client: insider, ...POST });
    assertIncludes(await reply.text(), '"type":"response.completed"');
    await assertRejects(() => fetch(`${network.baseUrl}/responses`, { client: stranger, ...POST }));
    assertEquals(network.api.log.turns.length, 1);
    assert(network.proxyEvents.some((event) => event.kind === "connect" && event.action === "intercepted"));
  } finally {
    insider.close();
    stranger.close();
    await network.close();
  }
  await assertRejects(() => Deno.stat(network.bundlePath), Deno.errors.NotFound);
});

await testWith(
  ["curl"],
  "curl gets an answer with the roots of the bundle, and none without them",
  async () => {
    const network = await startNetwork({ proxy: { credentials: { username: "anna", password: "pa:ß" } } });
    try {
      const plain = `${network.bundlePath}.plain`;
      await Deno.writeTextFile(plain, (await rootsIn(network.bundlePath)).join(""));
      const curl = async (...args: readonly string[]) => {
        const { code, stdout } = await new Deno.Command("curl", {
          args: ["-sS", "--noproxy", "", "-x", network.proxyUrl, ...args, `${network.baseUrl}/models`],
          clearEnv: true,
          stdout: "piped",
          stderr: "null",
        }).output();
        return { code, stdout: new TextDecoder().decode(stdout) };
      };
      const good = await curl("--cacert", plain, "-H", "authorization: Bearer sk-test");
      assertEquals(good.code, 0);
      assertIncludes(good.stdout, "gpt-5.2");
      // 60: the peer's certificate cannot be authenticated.
      assertEquals((await curl("-H", "authorization: Bearer sk-test")).code, 60);
      await Deno.remove(plain);
    } finally {
      await network.close();
    }
  },
);
