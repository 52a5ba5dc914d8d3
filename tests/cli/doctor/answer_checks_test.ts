import { ANSWER_ROWS } from "../../doctor/checks/answer_check_rows.ts";
import { testAsProcess } from "./process_kit.ts";
import { STREAM_ROWS } from "../../doctor/checks/stream_check_rows.ts";

for (const row of [...ANSWER_ROWS, ...STREAM_ROWS]) testAsProcess(row);
