import JSON
import POSIX

/// Brings the rendered files up to date.
struct WriteTree: RenderMode {
  /// Tests kill a rendering that rests after so many files are in their places.
  static let restVariable = "OPS_REST_AFTER_FILES"
  private static let rest = Duration.seconds(60)

  let request: TreeRequest

  func run(_ context: CommandContext) throws -> ExitCode {
    let state = try request.compare(context, isWritten: true)
    let restAfter = context.environment[Self.restVariable].flatMap { Int($0) }
    try TreeWriting(state.disk).perform { count in
      if count == restAfter { WorkThread.sleep(Self.rest) }
    }
    let report = TreeReport(state: state, isWritten: true)
    if request.printsJSON {
      context.output.line(report.json.written(pretty: true))
      return .done
    }
    let verbs: [TreeOnDisk.State: String] = [
      .missing: "new", .differs: "changed", .leftover: "removed", .foreign: "not ours",
    ]
    for line in report.notes + report.lines(verbs) { context.output.line(line) }
    context.output.line(
      report.summary([
        (.missing, "new"), (.differs, "changed"), (.same, "as they were"), (.leftover, "removed"),
        (.foreign, "not ours and left alone"),
      ]))
    return .done
  }
}
