import { defineCommand } from "./command.ts";
import { inPackage } from "./folders.ts";

export const jupyterCommand = defineCommand({
  name: "jupyter",
  summary: "Installs Deno's kernel for Jupyter and says how to open the notebook.",
  options: {},
  async run() {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["jupyter", "--install", "--force"],
    }).spawn().status;
    if (code !== 0) {
      console.error(`Expected "deno jupyter --install" to succeed but found exit status ${code}`);
      return 1;
    }
    console.log(`
The kernel is installed. Now open the notebook, from ${
      inPackage(".") === "." ? "this folder" : inPackage(".")
    }:

  jupyter lab submission.ipynb

JupyterLab comes with "pip install jupyterlab". Where pip refuses, as on Debian and Ubuntu:

  python3 -m venv ~/jupyter && ~/jupyter/bin/pip install jupyterlab
  ~/jupyter/bin/jupyter lab submission.ipynb

Or open submission.ipynb in VS Code with its Jupyter extension and choose the kernel "Deno".
Without Jupyter, "deno task submission" runs it from the command line.`);
    return 0;
  },
});
