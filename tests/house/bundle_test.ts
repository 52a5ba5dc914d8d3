import { bundle } from "../../.ci/bundle.ts";
import { assertEquals } from "../support/assert.ts";
import { join } from "../support/paths.ts";

const PROGRAM = `
function limit(log: string[]) {
  return { mark: () => void log.push("used"), [Symbol.dispose]: () => void log.push("disposed") };
}
export function useOnce(log: string[]): void {
  using made = limit(log);
  made.mark();
}
export function neverUse(log: string[]): void {
  using _made = limit(log);
}
export async function useOnceAndWait(log: string[]): Promise<void> {
  await using made = limit(log);
  return made.mark();
}
const log: string[] = [];
useOnce(log);
neverUse(log);
await useOnceAndWait(log);
console.log(log.join());
`;

Deno.test("the bundle of the binary disposes of each variable of using", async () => {
  const folder = await Deno.makeTempDir({ prefix: "culvert-bundle-test-" });
  try {
    const program = join(folder, "program.ts");
    await Deno.writeTextFile(program, PROGRAM);
    await bundle(program, join(folder, "out"));
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", join(folder, "out", "program.js")],
    }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    assertEquals(new TextDecoder().decode(stdout), "used,disposed,disposed,used,disposed\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
