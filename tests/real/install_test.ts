import { assertEquals, assertIncludes } from "../support/assert.ts";
import { fromFileUrl, join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { scrubbedEnv } from "../support/scrubbed_env.ts";

const SCRIPT = fromFileUrl(new URL("../../.github/install.sh", import.meta.url));
const PROGRAM = "#!/bin/sh\necho 9.9.9\n";

/** A download server with the packed program and its checksum for every target. */
interface Mirror extends AsyncDisposable {
  readonly url: string;
  readonly asked: string[];
}

async function mirror(change: (sums: string) => string = (sums) => sums): Promise<Mirror> {
  const packed = new Uint8Array(
    await new Response(new Blob([PROGRAM]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
  );
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", packed)).toHex();
  const targets = ["x86_64", "aarch64"].flatMap((cpu) => [`${cpu}-unknown-linux-gnu`, `${cpu}-apple-darwin`]);
  const sums = change(targets.map((target) => `${sum}  culvert-${target}.gz\n`).join(""));
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    if (pathname.endsWith("/SHA256SUMS")) return new Response(sums);
    return pathname.endsWith(".gz") ? new Response(packed) : new Response("no", { status: 404 });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/releases`,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function install(directory: string, from: string, version?: string) {
  const child = new Deno.Command("sh", {
    args: [SCRIPT, ...(version === undefined ? [] : [version])],
    clearEnv: true,
    env: scrubbedEnv({ CULVERT_RELEASES: from, CULVERT_INSTALL_DIR: directory }),
  });
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-install-" });
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const NEEDS = ["sh", "curl", "gunzip", "awk", "sha256sum"];

await testWith(NEEDS, "install.sh installs a program whose checksum is the published one", async () => {
  await withDirectory(async (directory) => {
    await using published = await mirror();
    const bin = join(directory, "bin");
    const run = await install(bin, published.url);
    assertEquals(run.code, 0, run.stderr);
    assertIncludes(run.stdout, `Installed culvert 9.9.9 as ${bin}/culvert`);
    assertIncludes(run.stdout, `export PATH="${bin}:$PATH"`);
    assertEquals(await Deno.readTextFile(join(bin, "culvert")), PROGRAM);
    assertEquals(published.asked[0], "/releases/latest/download/SHA256SUMS");
  });
});

await testWith(NEEDS, "install.sh replaces an installed program, and accepts a version", async () => {
  await withDirectory(async (directory) => {
    await using published = await mirror();
    await Deno.writeTextFile(join(directory, "culvert"), "an older one");
    const run = await install(directory, published.url, "v1.2.3");
    assertEquals(run.code, 0, run.stderr);
    assertEquals(await Deno.readTextFile(join(directory, "culvert")), PROGRAM);
    assertEquals(published.asked[0], "/releases/download/v1.2.3/SHA256SUMS");
  });
});

await testWith(NEEDS, "install.sh installs nothing if the checksum is different", async () => {
  await withDirectory(async (directory) => {
    await using published = await mirror((sums) => sums.replaceAll(/^[0-9a-f]{8}/gm, "00000000"));
    const run = await install(directory, published.url);
    assertEquals(run.code, 1);
    assertIncludes(run.stderr, "is not what was published");
    assertIncludes(run.stderr, "Nothing was installed");
    assertEquals([...Deno.readDirSync(directory)], []);
  });
});

await testWith(NEEDS, "install.sh installs nothing if the checksum is missing", async () => {
  await withDirectory(async (directory) => {
    await using published = await mirror(() => "");
    const run = await install(directory, published.url);
    assertEquals(run.code, 1);
    assertIncludes(run.stderr, "does not list culvert-");
    assertEquals([...Deno.readDirSync(directory)], []);
  });
});

await testWith(NEEDS, "install.sh installs nothing if the download fails", async () => {
  await withDirectory(async (directory) => {
    let gone: string;
    {
      await using closed = await mirror();
      gone = closed.url;
    }
    const run = await install(directory, gone);
    assertEquals(run.code, 1);
    assertIncludes(run.stderr, `cannot download ${gone}/latest/download/SHA256SUMS`);
    assertEquals([...Deno.readDirSync(directory)], []);
  });
});

await testWith(
  ["shellcheck"],
  "shellcheck finds nothing in the shell scripts of the repository",
  async () => {
    const { code, stdout } = await new Deno.Command("shellcheck", { args: [SCRIPT] }).output();
    assertEquals(code, 0, new TextDecoder().decode(stdout));
  },
);
