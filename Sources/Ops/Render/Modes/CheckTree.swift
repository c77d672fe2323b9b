import JSON

/// Says whether the rendered files are what would be rendered, and how they are not.
struct CheckTree: RenderMode {
  let request: TreeRequest

  func run(_ context: CommandContext) throws -> ExitCode {
    let state = try request.compare(context, isWritten: false)
    let report = TreeReport(state: state, isWritten: false)
    let code = state.disk.isStale ? ExitCode.stale : .done
    if request.printsJSON {
      context.output.line(report.json.written(pretty: true))
      return code
    }
    let difference = FileDifference(
      root: state.disk.root, hasColor: context.usesColor(on: context.output))
    for entry in state.disk.entries(.missing, .differs, .occupied) {
      context.output.write(try difference.text(of: entry))
    }
    let verbs: [TreeOnDisk.State: String] = [
      .missing: "missing", .differs: "differs", .leftover: "left over", .foreign: "not ours",
      .occupied: "not rendered",
    ]
    for line in report.notes + report.lines(verbs) { context.output.line(line) }
    context.output.line(
      report.summary([
        (.same, "up to date"), (.differs, "different"), (.missing, "missing"),
        (.leftover, "left over"), (.occupied, "not rendered"),
      ]))
    for entry in state.disk.entries(.occupied) {
      context.error.line("move it away, as it was not rendered and would be lost: \(entry.path)")
    }
    if code == .stale { context.error.line("bring them up to date: ops render --all") }
    return code
  }
}

/// Shows what a rendering would change, as `diff` does.
struct ShowDifference: RenderMode {
  let request: TreeRequest

  func run(_ context: CommandContext) throws -> ExitCode {
    let state = try request.compare(context, isWritten: false)
    let difference = FileDifference(
      root: state.disk.root, hasColor: context.usesColor(on: context.output))
    for entry in state.disk.entries(.missing, .differs, .occupied, .leftover) {
      context.output.write(try difference.text(of: entry))
    }
    return state.disk.isStale ? .failure : .done
  }
}
