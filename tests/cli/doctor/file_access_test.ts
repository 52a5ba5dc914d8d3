/** A file that may not be read is explained by its permissions and its owner. */
import type { Report } from "../../../lib/doctor/report/report.ts";
import { finding, folder, PLANTED_KEY } from "../../doctor/kit.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { programUnderTest } from "../../support/culvert.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";
import { OFF_LINUX, skippedIf } from "../../support/skipped.ts";
import { join } from "../../support/paths.ts";

/** Runs the doctor without the capabilities by which root reads every file (capabilities(7)). */
async function diagnose(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Report> {
  const dropped = "-dac_override,-dac_read_search";
  const prefix = Deno.uid() === 0 ? ["setpriv", "--bounding-set", dropped, "--inh-caps", dropped, "--"] : [];
  const [command = "", ...rest] = [
    ...prefix,
    ...programUnderTest(),
    "doctor",
    "--offline",
    "--json",
    ...args,
  ];
  const { stdout } = await new Deno.Command(command, {
    args: rest,
    clearEnv: true,
    env: scrubbedEnv({ CULVERT_API_KEY: PLANTED_KEY, ...env }),
    stdin: "null",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

function testOnLinux(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...skippedIf(OFF_LINUX, name), fn });
}

testOnLinux(
  "a bundle without read permission is reported with its permissions and owner, not its content",
  async () => {
    using files = folder();
    const path = files.write("ca.pem", "");
    Deno.chmodSync(path, 0o000);
    const report = await diagnose({ CODEX_HOME: files.path, CODEX_CA_CERTIFICATE: path });
    const { code, remediation } = finding(report, "bundle");
    assertEquals([code, report.exit_code, report.next], ["ca_unreadable", 3, `ls -l ${path}`]);
    assertIncludes(remediation ?? "", `${path} has the permissions 0000 and belongs to`);
    assertIncludes(remediation ?? "", `chmod a+r ${path}`);
    assertExcludes(remediation ?? "", "PEM");
    assertIncludes(finding(report, "ca_vars").summary, "which cannot be read");
  },
);

testOnLinux("a bundle in a folder without permission to enter it is reported with the folder", async () => {
  using files = folder();
  const closed = join(files.path, "closed");
  Deno.mkdirSync(closed, { mode: 0o000 });
  const report = await diagnose({ CODEX_HOME: files.path, CODEX_CA_CERTIFICATE: join(closed, "ca.pem") });
  assertIncludes(
    finding(report, "bundle").remediation ?? "",
    `The folder ${closed} has the permissions 0000`,
  );
  assertIncludes(finding(report, "bundle").remediation ?? "", `chmod a+x ${closed}`);
});

testOnLinux(
  "a key file, a login and a config.toml without read permission are reported with their permissions",
  async () => {
    using files = folder();
    const key = files.write("key", PLANTED_KEY);
    Deno.chmodSync(key, 0o000);
    const ofKey = await diagnose({ CODEX_HOME: files.path }, ["--api-key-file", key]);
    assertIncludes(finding(ofKey, "credentials").remediation ?? "", `${key} has the permissions 0000`);
    const login = files.write("auth.json", "{}");
    Deno.chmodSync(login, 0o000);
    const ofLogin = await diagnose({ CODEX_HOME: files.path, CULVERT_API_KEY: "" });
    assertIncludes(finding(ofLogin, "credentials").remediation ?? "", `${login} has the permissions 0000`);
    const config = files.write("config.toml", "");
    Deno.chmodSync(config, 0o000);
    const ofConfig = await diagnose({ CODEX_HOME: files.path });
    assertIncludes(finding(ofConfig, "config").remediation ?? "", `${config} has the permissions 0000`);
  },
);
