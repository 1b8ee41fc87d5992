/** What the program in the sandbox is told. */
export interface RunRequest {
  /** The notebook. */
  notebook: string;
  /** Where the executed notebook goes. */
  out: string;
  root: string;
  data: string;
  /** For temporary files. */
  temporary: string;
  /** A piece of the last cell that is run. */
  lastCellHas: string;
  /** A piece of the cell that sets the project up. */
  setupCellHas: string;
  /** Seconds. */
  timeout: number;
  /** Seconds. */
  cellTimeout?: number;
  /** The socket of the proxy outside. */
  proxySocket?: string;
}

/** How a run ended. */
export type RunStatus =
  | "finished"
  /** A cell threw an error. */
  | "failed"
  | "timeout"
  | "memory"
  | "disk"
  | "processes"
  /** The kernel, or all of it, ended. */
  | "died";

/** What the program in the sandbox says, a line each. */
export type RunEvent =
  | { kind: "cell"; cell: number; isSetup: boolean }
  | { kind: "end" }
  | { kind: "error"; cell: number; status: RunStatus; message: string };
