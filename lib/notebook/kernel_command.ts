/** What a guard starts a kernel with. */
export interface KernelCommand {
  args: string[];
  cwd: string;
  env: Record<string, string>;
  mark: string;
}

/** The file in a kernel's folder that says it: what stands in an environment is nobody else's business. */
export const START_FILE = "start.json";
