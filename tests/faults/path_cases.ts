/** The cells of one path as test cases. One file a path, so that they run in parallel. */
import { assertEquals } from "../support/assert.ts";
import { expectedOutcome } from "./expected.ts";
import { CELLS, MatrixRig, type Path, TRANSPORTS } from "./matrix.ts";

/** Registers the cases of one path. */
export function testPath(path: Path): void {
  for (const transport of TRANSPORTS) {
    Deno.test(`every fault at every point has its stated outcome over ${transport}, ${path}`, async (test) => {
      await using rig = await MatrixRig.start();
      for (const cell of CELLS.filter((each) => each.path === path && each.transport === transport)) {
        const { why, outcome } = expectedOutcome(cell);
        await test.step(`${cell.fault} ${cell.point}: ${why}`, async () => {
          assertEquals(await rig.run(cell), outcome);
        });
      }
    });
  }
}
