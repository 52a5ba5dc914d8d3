/** `--ca-cert` and arguments that name a folder, as a process. */
import { createAuthority } from "../../../lib/pki/pki.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "culvert-folder-" }));
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const path = await Deno.makeTempDir({ dir: directory });
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(path, name), text);
  return path;
}

Deno.test("--ca-cert accepts a folder: each certificate of its files once, with the name of the file", async () => {
  const [a, b] = [await createAuthority("A"), await createAuthority("B")];
  const path = await folder({
    "1.pem": a.certificate,
    "2.crt": `# both\n${b.certificate}${a.certificate}`,
    "notes.txt": "no certificate",
    ".hidden": (await createAuthority("Hidden")).certificate,
  });
  const run = await culvert(["ca", "inspect", "--json", "--ca-cert", path]);
  assertEquals(run.code, 0);
  const report = JSON.parse(run.stdout);
  assertEquals(report.source, { kind: "flag", name: "--ca-cert", path });
  assertEquals(
    report.certificates.map((each: Record<string, unknown>) => [each["subject"], each["file"], each["line"]]),
    [["CN=A", `${path}/1.pem`, 1], ["CN=B", `${path}/2.crt`, 2]],
  );
  assertEquals(report.skipped.map((each: Record<string, unknown>) => each["file"]), [`${path}/notes.txt`]);
  const text = await culvert(["ca", "inspect", path]);
  assertIncludes(text.stdout, `Certificate 1, line 1 of ${path}/1.pem`);
  const bundle = await culvert(["ca", "bundle", path]);
  assertEquals(bundle.stdout, `# CN=A\n${a.certificate}\n# CN=B\n${b.certificate}`);
});

Deno.test("a folder without a certificate is reported as such, and so is a folder in a variable", async () => {
  const empty = await folder({});
  const none = await culvert(["ca", "inspect", "--ca-cert", empty]);
  assertEquals(none.code, 3);
  assertIncludes(none.stderr, `"${empty}" (--ca-cert): the folder contains no files`);
  const prose = await folder({ "a.txt": "x" });
  const text = await culvert(["ca", "inspect", prose]);
  assertEquals(text.code, 3);
  assertIncludes(text.stderr, `"${prose}/a.txt"`);
  const variable = await culvert(["ca", "inspect"], { env: { CODEX_CA_CERTIFICATE: empty } });
  assertEquals(variable.code, 3);
  assertIncludes(variable.stderr, "it is a directory");
  assertIncludes(variable.stderr, "Only --ca-cert accepts a folder.");
});
