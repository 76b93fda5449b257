/** Where suites come from, said where there is none. */
export function NoSuites() {
  return (
    <>
      A suite is a list of tasks with their items and gates. Signalbox brings some along in the folder <code className="font-mono">evals</code>: the command <code className="font-mono">signalbox eval</code> sends one and runs it.
    </>
  );
}
