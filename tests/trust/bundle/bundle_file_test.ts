/** Files that are missing, odd, endless or silent. */
import { processWorld } from "../../../lib/cli/app/process.ts";
import { CulvertError } from "../../../lib/errors.ts";
import { LARGEST_BUNDLE, readBundleFile, type ReadFile } from "../../../lib/trust/bundle/bundle_file.ts";
import { readSelected } from "../../../lib/trust/bundle/read_selected.ts";
import { selectBundle } from "../../../lib/trust/bundle/selection.ts";
import type { Bundle } from "../../../lib/trust/bundle/bundle.ts";
import { createAuthority } from "../../../lib/pki/pki.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";

const world = processWorld();

function load(value: string, readFile?: ReadFile): Promise<Bundle> {
  const selection = selectBundle({
    flag: undefined,
    env: (name) => name === "SSL_CERT_FILE" ? value : undefined,
    cwd: "/",
  });
  assert(selection !== undefined);
  return readSelected(selection, world, readFile);
}

async function unreadable(value: string, readFile?: ReadFile): Promise<CulvertError> {
  try {
    await load(value, readFile);
  } catch (error) {
    assert(error instanceof CulvertError, String(error));
    assertEquals([error.code, error.details["variable"]], ["ca_unreadable", "SSL_CERT_FILE"]);
    assertIncludes(error.message, "SSL_CERT_FILE");
    return error;
  }
  throw new Error("Expected a failure");
}

Deno.test("a directory is reported as such", async () => {
  const dir = await Deno.makeTempDir();
  try {
    assertIncludes((await unreadable(dir)).message, `"${dir}" (SSL_CERT_FILE): it is a directory`);
  } finally {
    await Deno.remove(dir);
  }
});

Deno.test("the system's reason is reported without repeating the path", async () => {
  const error = await unreadable("/no/such/file.pem");
  assertEquals(
    error.message,
    'Cannot read the CA bundle "/no/such/file.pem" (SSL_CERT_FILE): no such file or directory',
  );
  assertEquals(error.details["reason"], "no such file or directory");
});

Deno.test("a file without read permission is an error with the system's reason", async () => {
  const denied = () =>
    Promise.reject(new Deno.errors.PermissionDenied("Permission denied (os error 13): open '/x'"));
  assertEquals((await unreadable("/x", denied)).details["reason"], "permission denied");
});

Deno.test("the hint names the problem of the value itself", async () => {
  const cases: readonly (readonly [string, string])[] = [
    ['"/etc/corp.pem"', "quotes"],
    ["'/etc/corp.pem'", "quotes"],
    ["~/corp.pem", "~"],
    ["file:///etc/corp.pem", "URL"],
    ["https://pki.corp/root.pem", "download"],
    ["/etc/corp.pem ", "ends with a blank"],
    [" ", "blank"],
    ["$HOME/corp.pem", "variable"],
    ["%USERPROFILE%\\corp.pem", "variable"],
    ["/etc/a.pem:/etc/b.pem", "list"],
    ["-----BEGIN CERTIFICATE-----\nMIIC", "is a certificate"],
  ];
  for (const [value, part] of cases) assertIncludes((await unreadable(value)).hint ?? "", part);
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "a named pipe is read like a file"),
  fn: async () => {
    const dir = await Deno.makeTempDir();
    const pipe = join(dir, "pipe");
    try {
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      const { certificate } = await createAuthority("Piped");
      const [bundle] = await Promise.all([load(pipe), Deno.writeTextFile(pipe, certificate)]);
      assertEquals(bundle.certificates.length, 1);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "a named pipe without a writer is abandoned"),
  // An open that waits for a writer cannot be cancelled; it ends when the test opens the pipe.
  fn: async () => {
    const dir = await Deno.makeTempDir();
    const pipe = join(dir, "pipe");
    try {
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      const limits: number[] = [];
      const error = await unreadable(pipe, (path) =>
        readBundleFile(path, (ms) => {
          limits.push(ms);
          return Promise.resolve();
        }));
      assertEquals(limits, [5000]);
      assertIncludes(error.message, "nothing arrived in 5 s");
      await Deno.writeTextFile(pipe, "");
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "reading an endless device stops at 16 MiB"),
  fn: async () => assertIncludes((await unreadable("/dev/zero")).message, "larger than 16 MiB"),
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "the null device reads as an empty file"),
  fn: async () => {
    let message = "";
    await load("/dev/null").catch((error: unknown) => message = String(error));
    assertIncludes(message, "the file is empty");
  },
});

Deno.test("a regular file above the limit is refused without reading it", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.truncate(path, LARGEST_BUNDLE + 1);
    assertIncludes((await unreadable(path)).message, "larger than 16 MiB");
  } finally {
    await Deno.remove(path);
  }
});
