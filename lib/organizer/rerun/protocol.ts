import type { OwnPlaces } from "./attempts.ts";

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
  /**
   * Where what it can write to is a file system of its own: what is free there at its limits, and
   * what is said of a run that went beyond.
   */
  full?: { spare: { bytes: number; files: number }; said: { bytes: string; files: string } };
  /** The socket of the proxy outside. */
  proxySocket?: string;
  /** A piece of the cell that may fetch, where one may. */
  mayFetchHas?: string;
  /** In a sandbox: the folders that are the run's own, so that it is told what else is tried. */
  places?: OwnPlaces;
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
  /** What a cell tried to reach that is not the run's own. */
  | { kind: "attempt"; cell: number; message: string }
  | { kind: "end" }
  | { kind: "error"; cell: number; status: RunStatus; message: string };
