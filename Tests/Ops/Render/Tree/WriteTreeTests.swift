import Core
import POSIX
import Subprocess
import TestSupport
import Testing

@testable import Ops

@Suite struct WriteTreeTests {
  @Test func bothFormsOfEveryClusterAreWritten() throws {
    let site = try RenderSite()
    let result = site.render("--all")
    #expect(result.code == .done, "\(result.error)")
    let paths = try site.files().keys
    for name in ["staging", "production"] {
      #expect(paths.contains("charts/slipway/values/\(name).yaml"))
      #expect(paths.contains("kustomize/overlays/\(name)/kustomization.yaml"))
      #expect(paths.contains("kustomize/flat/\(name).yaml"))
    }
    #expect(result.output.contains("local: nothing to render, the target is local\n"))
    #expect(!paths.contains { $0.contains("local") })
  }

  @Test func allIsWhatCountsWithoutAnEnvironment() throws {
    let (one, other) = (try RenderSite(), try RenderSite())
    one.render()
    other.render("--all")
    #expect(try one.files() == other.files())
  }

  @Test func theFirstLinesNameThePlaceTheSourceAndItsHash() throws {
    let site = try RenderSite()
    site.render()
    for (path, text) in try site.files() where !Self.isChart(path) {
      let lines = text.split(separator: "\n")
      #expect(lines[0] == "# Rendered by `ops render` as \(path)")
      #expect(lines[1].hasPrefix("# from platform.yaml, "), "\(path)")
      #expect(lines[1].contains(": sha256 ") && lines[1].hasSuffix("."), "\(path)")
    }
  }

  /// What platform.yaml says of environments is nothing to the chart, and JSON has no comments.
  private static func isChart(_ path: String) -> Bool {
    path == Platform.fileName
      || path.hasPrefix(ChartFiles.folder) && !path.hasPrefix(EnvironmentFiles.values + "/")
  }

  @Test func theFilesOfTheChartAreMadeWithTheOthers() throws {
    let site = try RenderSite()
    site.render("--env", "staging")
    let chart = try site.paths(below: ChartFiles.folder).map {
      $0.dropFirst(ChartFiles.folder.count + 1)
    }
    #expect(
      chart == [
        "files/dashboard.json", "files/rules.yaml", "values/staging.yaml", "values.schema.json",
        "values.yaml",
      ])
    #expect(try site.text("charts/slipway/values.yaml").hasPrefix(FileHeader.mark))
  }

  @Test func whatIsWrittenByHandAroundATableStays() throws {
    let site = try RenderSite()
    let readme = "\(ChartFiles.folder)/\(ChartReadme.fileName)"
    try File.makeDirectory(site.path(ChartFiles.folder))
    let text = "# Mine\n\(ChartReadme.begin)\nold\n\(ChartReadme.end)\nmore\n"
    try File.write(Array(text.utf8), to: site.path(readme))
    #expect(site.render("--check").output.contains("-old\n"))
    #expect(site.render().code == .done)
    let made = try site.text(readme)
    #expect(made.hasPrefix("# Mine\n\(ChartReadme.begin)\n| key |"))
    #expect(made.hasSuffix("|\n\(ChartReadme.end)\nmore\n"))
    #expect(site.render("--check").code == .done)
  }

  @Test func aRemarkInPlatformYAMLChangesNoFile() throws {
    let site = try RenderSite()
    site.render()
    try site.edit("platform.yaml") { "# A remark.\n" + $0 }
    #expect(site.render("--check").code == .done)
  }

  @Test func whatIsAsItShouldBeIsNotTouched() throws {
    let site = try RenderSite()
    site.render()
    let kept = site.path("kustomize/flat/staging.yaml")
    let touch = Subprocess.Command("touch", ["--date", "2001-02-03", kept])
    #expect(try touch.run(deadline: .after(.seconds(60))).isSuccess)
    let time = File.modified(kept)
    let result = site.render()
    #expect(File.modified(kept) == time)
    #expect(result.output.hasSuffix(" as they were\n"), "\(result.output)")
    #expect(!result.output.contains("new"))
  }

  @Test func filesOfAnEnvironmentThatIsGoneAreRemovedWithTheirFolders() throws {
    let site = try RenderSite()
    site.render()
    try site.write(
      RenderSite.three.split(separator: "production:").first.map(String.init) ?? "")
    let result = site.render()
    #expect(result.code == .done, "\(result.error)")
    #expect(try site.files().keys.filter { $0.contains("production") }.isEmpty)
    #expect(try File.list(site.path("kustomize/overlays")) == ["staging"])
    #expect(result.output.contains("removed  kustomize/flat/production.yaml\n"))
  }

  @Test func aFileThatNobodyRenderedIsLeftAloneAndNamed() throws {
    let site = try RenderSite()
    site.render()
    let mine = "kustomize/overlays/production/mine.yaml"
    try File.write(Array("kind: Mine\n".utf8), to: site.path(mine))
    #expect(site.render().output.contains("not ours  \(mine)\n"))
    try site.write(
      RenderSite.three.split(separator: "production:").first.map(String.init) ?? "")
    site.render()
    #expect(try File.list(site.path("kustomize/overlays/production")) == ["mine.yaml"])
  }

  @Test func aCopyOfARenderedFileIsLeftAlone() throws {
    let site = try RenderSite()
    site.render()
    let copy = "kustomize/overlays/production/copy.yaml"
    let text = try site.text("kustomize/overlays/production/kustomization.yaml")
    try File.write(Array(text.utf8), to: site.path(copy))
    #expect(site.render("--check").code == .done)
    #expect(site.render().output.contains("not ours  \(copy)\n"))
    #expect(try site.text(copy) == text)
  }

  @Test func aFileThatNobodyRenderedIsNotOverwritten() throws {
    let site = try RenderSite()
    let path = "kustomize/overlays/staging/kustomization.yaml"
    try File.makeDirectory(Path.parent(of: site.path(path)))
    try File.write(Array("resources: [mine.yaml]\n".utf8), to: site.path(path))
    let result = site.render()
    #expect(result.code == .refused)
    #expect(result.error.contains("\(path) was not rendered, and would be lost"))
    #expect(try site.files().count == 2)
  }

  @Test func oneEnvironmentLeavesTheOthersAsTheyWere() throws {
    let site = try RenderSite()
    site.render()
    let production = try site.files().filter { $0.key.contains("production") }
    site.render("--env", "staging", "--image", "\(RenderSite.repository):2")
    #expect(try site.text("kustomize/flat/staging.yaml").contains("slipway:2"))
    #expect(try site.files().filter { $0.key.contains("production") } == production)
  }

  @Test func theTreeMayStandElsewhere() throws {
    let site = try RenderSite()
    #expect(site.render("--out", site.path("tree")).code == .done)
    #expect(try File.list(site.directory.path) == ["platform.yaml", "tree"])
    #expect(try File.list(site.path("tree")) == ["charts", "kustomize"])
  }

  @Test func anUnknownEnvironmentNamesTheKnownOnes() throws {
    let result = try RenderSite().render("--env", "stagin")
    #expect(result.code == .usage)
    #expect(result.error.contains("did you mean 'staging'?"))
    #expect(result.error.contains("known: local, staging, production"))
  }

  @Test func machinesGetEveryFileWithItsState() throws {
    let site = try RenderSite()
    site.render("--env", "staging")
    try File.remove(site.path("kustomize/flat/staging.yaml"))
    let output = site.render("--env", "staging", "--json").output
    #expect(output.contains("\"isWritten\": true"))
    #expect(output.contains("\"path\": \"kustomize/flat/staging.yaml\""))
    #expect(output.contains("\"state\": \"missing\""))
  }
}
