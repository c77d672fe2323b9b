import POSIX
import YAML

/// What of the chart is made: of the types of its values, and of what there is to be watched.
struct ChartFiles {
  static let folder = "charts/slipway"

  let platform: Platform
  /// Where files are that are made in part: people write what is around.
  let root: String

  /// All of them; those that are made in part only where they are.
  func files() throws -> [RenderedFile] {
    let header = FileHeader(madeBy: "Sources/Ops/Render")
    let repository = platform.service.image
    return [
      RenderedFile(
        path(ChartDefaults.fileName), header, text: ChartDefaults(repository: repository).text),
      RenderedFile(path(ChartSchema.fileName), text: ChartSchema.text),
      RenderedFile(path("files/rules.yaml"), header, text: MonitoringFiles.rules),
      RenderedFile(path("files/dashboard.json"), text: Dashboard.text),
    ]
      + [
        try inPart(ChartReadme.fileName) {
          try ChartReadme.withTable($0, repository: repository)
        },
        try inPart(ChartVersion.fileName) { ChartVersion.inserted(in: $0) },
      ].compactMap { $0 }
  }

  private func inPart(_ name: String, _ change: (String) throws -> String) throws -> RenderedFile? {
    let text: String
    do throws(SystemError) {
      text = try File.readText("\(root)/\(path(name))")
    } catch {
      if error.isMissing { return nil }
      throw error
    }
    return RenderedFile(path(name), text: try change(text))
  }

  private func path(_ name: String) -> String { "\(Self.folder)/\(name)" }
}
