import { ANSWER_ROWS } from "./answer_check_rows.ts";
import { diagnose, testRow } from "../kit.ts";
import { STREAM_ROWS } from "./stream_check_rows.ts";

for (const row of [...ANSWER_ROWS, ...STREAM_ROWS]) testRow(row, diagnose);
