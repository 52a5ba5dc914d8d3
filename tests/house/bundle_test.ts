import { BUNDLE_OPTIONS } from "../../.ci/compile.ts";
import { assertEquals } from "../support/assert.ts";
import { join } from "../support/paths.ts";

const PROGRAM = `
function limit(log: string[]) {
  return { mark: () => void log.push("used"), [Symbol.dispose]: () => void log.push("disposed") };
}
export function work(log: string[]): void {
  using made = limit(log);
  made.mark();
}
const log: string[] = [];
work(log);
console.log(log.join());
`;

Deno.test("the bundle of the binary disposes of a variable of using that is used once", async () => {
  const folder = await Deno.makeTempDir({ prefix: "culvert-bundle-test-" });
  const deno = async (args: readonly string[]) => {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: [...args], cwd: folder })
      .output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  };
  try {
    await Deno.writeTextFile(join(folder, "program.ts"), PROGRAM);
    assertEquals(await deno(["bundle", ...BUNDLE_OPTIONS, "--outdir", "out", "program.ts"]), "");
    assertEquals(await deno(["run", "--quiet", join("out", "program.js")]), "used,disposed\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
