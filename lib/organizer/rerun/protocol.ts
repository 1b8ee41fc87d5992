/** What the program in the sandbox is told. */
export interface RunRequest {
  /** What each line of what it says begins with; the cells never see it. */
  secret: string;
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
  | { kind: "cell"; cell: number }
  | { kind: "end" }
  | { kind: "error"; cell: number; status: RunStatus; message: string };
