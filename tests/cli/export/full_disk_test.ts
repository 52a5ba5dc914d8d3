import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { OFF_LINUX, skippedIf } from "../../support/skipped.ts";
import { onSmallDisk, withoutSmallDisk } from "../../support/small_disk.ts";
import { recordSession } from "../../capture/record/sample_capture.ts";

Deno.test(
  skippedIf(
    OFF_LINUX ?? await withoutSmallDisk(),
    "on a full disk, -o reports that the file cannot be written and keeps the content of an existing one",
  ),
  async () => {
    await using recording = await recordSession({ turns: 2 });
    await recording.recorder.close();
    const run = await onSmallDisk(
      "128k",
      'echo "the old content" >"$DISK/kept.har"; head -c 100000 /dev/zero >"$DISK/filler"\n' +
        '"$@" export "$CAPTURE" --format html -o "$DISK/kept.har"; code=$?\n' +
        'cat "$DISK/kept.har"; ls -A "$DISK"; exit $code',
      { CAPTURE: recording.directory },
    );
    assertEquals(run.code, 2);
    assertIncludes(run.stderr.toLowerCase(), "no space ");
    assertEquals(run.stdout, "the old content\nfiller\nkept.har\n");
  },
);
