import { imageProtocol, imageSequence } from "../../../lib/cli/output/inline_image.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

const PNG = [0x89, 0x50, 0x4e, 0x47];

async function inFolder(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-image-" });
  try {
    await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("image writes a PNG and prints its path", async () => {
  await inFolder(async (cwd) => {
    const args = ["image", "--provider", "demo", "-o", "river.png", "A river"];
    const { code, stderr, stdout } = await culvert(args, { cwd });
    assertEquals([code, stderr, stdout], [0, "", "river.png\n"]);
    assertEquals([...(await Deno.readFile(join(cwd, "river.png"))).subarray(0, 4)], PNG);
    assertEquals([...Deno.readDirSync(cwd)].map(({ name }) => name), ["river.png"]);
  });
});

Deno.test("image reports that a file has another format than its name", async () => {
  await inFolder(async (cwd) => {
    const { code, stderr } = await culvert(["image", "--provider", "demo", "-o", "river.jpg", "A river"], {
      cwd,
    });
    assertEquals([code, [...(await Deno.readFile(join(cwd, "river.jpg"))).subarray(0, 4)]], [0, PNG]);
    assertIncludes(
      stderr,
      "warning: The content of river.jpg is PNG, although its name has another extension",
    );
    const quiet = await culvert(["image", "--provider", "demo", "-qq", "-o", "river.jpg", "A river"], {
      cwd,
    });
    assertEquals([quiet.code, quiet.stderr], [0, ""]);
  });
});

Deno.test("image numbers several images, names them by the time, and --json contains their facts", async () => {
  await inFolder(async (cwd) => {
    const { code, stdout } = await culvert(["image", "--provider", "demo", "-n", "2", "--json", "A river"], {
      cwd,
    });
    const { images, type } = JSON.parse(stdout);
    assertEquals([code, type, images.length, images[0].format], [0, "culvert.images", 2, "png"]);
    assert(/^image-\d{4}-\d\d-\d\d-\d{6}-1\.png$/.test(images[0].path), images[0].path);
    const bytes = images.map(({ path }: { path: string }) => Deno.statSync(join(cwd, path)).size);
    assertEquals(bytes, images.map((image: { bytes: number }) => image.bytes));
  });
});

Deno.test("images that several commands make in the same second do not replace each other", async () => {
  await inFolder(async (cwd) => {
    const args = ["image", "--provider", "demo", "A river"];
    const runs = await Promise.all([1, 2, 3, 4].map(() => culvert(args, { cwd })));
    assertEquals(runs.map(({ code }) => code), [0, 0, 0, 0]);
    const printed = runs.map(({ stdout }) => stdout.trim()).sort();
    assertEquals([...Deno.readDirSync(cwd)].map(({ name }) => name).sort(), printed);
    assertEquals(new Set(printed).size, 4);
  });
});

Deno.test("image edits an image, and writes one to standard output with -o -", async () => {
  await inFolder(async (cwd) => {
    const make = await culvert(["image", "--provider", "demo", "-o", "one.png", "A river"], { cwd });
    assertEquals(make.code, 0, make.stderr);
    const { code, stdout } = await culvert(
      ["image", "--provider", "demo", "-i", "one.png", "-o", "-", "Add a road"],
      { cwd },
    );
    assertEquals(code, 0);
    assertIncludes(stdout.slice(0, 8), "PNG");
  });
});

Deno.test("image refuses a folder that cannot be written before it requests an image", async () => {
  const { code, stderr } = await culvert([
    "image",
    "--provider",
    "demo",
    "-vv",
    "-o",
    "/none/x.png",
    "A river",
  ]);
  assertEquals(code, 2);
  assertIncludes(stderr, "Cannot write --output /none/x.png");
  assert(!stderr.includes("POST"));
});

Deno.test("image refuses -o - with --json or several images", async () => {
  for (const flags of [["--json"], ["-n", "2"]]) {
    const { code, stderr } = await culvert(["image", "--provider", "demo", "-o", "-", ...flags, "A river"]);
    assertEquals(code, 2);
    assertIncludes(stderr, "--output - cannot be combined");
  }
});

Deno.test("the protocol for images is chosen by the variables of the terminal, and tmux has none", () => {
  const of = (env: Readonly<Record<string, string>>) => imageProtocol((name) => env[name]);
  assertEquals(of({ TERM: "xterm-kitty" }), "kitty");
  assertEquals(of({ TERM: "xterm-256color", TERM_PROGRAM: "ghostty" }), "kitty");
  assertEquals(of({ TERM: "xterm-256color", TERM_PROGRAM: "WezTerm" }), "iterm");
  assertEquals(of({ TERM: "xterm-256color", LC_TERMINAL: "iTerm2" }), "iterm");
  assertEquals(of({ TERM: "xterm-256color" }), undefined);
  assertEquals(of({ TERM: "tmux-256color", TERM_PROGRAM: "iTerm.app" }), undefined);
  assertEquals(of({ TERM: "xterm-kitty", TMUX: "/tmp/x" }), undefined);
});

Deno.test("a sequence of kitty has chunks of at most 4,096 characters, of which only the last is marked as last", () => {
  const image = new Uint8Array(10_000);
  image.set(PNG);
  const { text } = imageSequence(image, "kitty") ?? { text: "" };
  const chunks = text.trimEnd().split("\x1b_G").slice(1).map((chunk) => chunk.replace(/.\\$/, "").split(";"));
  assertEquals(chunks.map(([control]) => control), ["a=T,f=100,m=1", "m=1", "m=1", "m=0"]);
  assert(chunks.every(([, data = ""]) => data.length <= 4_096));
  assertEquals(Uint8Array.fromBase64(chunks.map(([, data]) => data).join("")), image);
  assertEquals(imageSequence(Uint8Array.of(0xff, 0xd8, 0xff), "kitty"), undefined);
  assertIncludes(imageSequence(image, "iterm")?.text ?? "", "File=inline=1;size=10000");
});
