import { CONNECTION_ROWS } from "./connection_check_rows.ts";
import { diagnose, testRow } from "../kit.ts";

for (const row of CONNECTION_ROWS) testRow(row, diagnose);
