import Core
import POSIX
import Subprocess
import TestSupport
import Testing

@testable import Ops

@Suite struct CheckTreeTests {
  private let values = "charts/slipway/values/staging.yaml"

  /// A rendered tree.
  private func site() throws -> RenderSite {
    let site = try RenderSite()
    #expect(site.render().code == .done)
    return site
  }

  @Test func aRenderedTreeIsUpToDate() throws {
    let result = try site().render("--check")
    #expect(result.code == .done, "\(result.output)")
    #expect(result.error.isEmpty)
  }

  @Test func anEditByHandFailsWithItsDifference() throws {
    let site = try site()
    try site.edit(values) { $0.replacing("storage: 5Gi", with: "storage: 6Gi") }
    let result = site.render("--check")
    #expect(result.code == .stale)
    #expect(result.output.contains("--- a/\(values)\n+++ b/\(values)\n"))
    #expect(result.output.contains("-  storage: 6Gi\n+  storage: 5Gi\n"))
    #expect(result.output.contains("differs  \(values)\n"))
    #expect(result.error.contains("ops render --all"))
  }

  @Test(arguments: ["kustomize/base/service.yaml", "kustomize/flat/production.yaml"])
  func everySingleByteCounts(_ path: String) throws {
    let site = try site()
    try site.edit(path) { String($0.dropLast()) + " \n" }
    #expect(site.render("--check").code == .stale)
  }

  @Test func aMissingFileFailsAndIsNamedAndShown() throws {
    let site = try site()
    try File.remove(site.path("kustomize/overlays/staging/namespace.yaml"))
    let result = site.render("--check")
    #expect(result.code == .stale)
    #expect(result.output.contains("+++ b/kustomize/overlays/staging/namespace.yaml\n@@ -0,0 +1,"))
    #expect(result.output.contains("missing  kustomize/overlays/staging/namespace.yaml\n"))
  }

  @Test func aFileThatIsLeftOverFailsAndIsNamed() throws {
    let site = try site()
    let old = "kustomize/flat/old.yaml"
    let header = FileHeader(madeBy: "Sources").lines(at: old).map { "# \($0)\n" }.joined()
    try File.write(Array("\(header)kind: Old\n".utf8), to: site.path(old))
    let result = site.render("--check")
    #expect(result.code == .stale)
    #expect(result.output.contains("left over  \(old)\n"))
  }

  @Test func aFileWithoutItsHeaderFailsAndIsNotOverwritten() throws {
    let site = try site()
    try site.edit(values) { "labels: {}\n" + $0.drop { $0 == "#" }.drop { $0 != "e" } }
    #expect(site.render("--check").code == .stale)
    #expect(site.render().code == .refused)
  }

  @Test func whatAMergeLeavesInTheHeaderIsRenderedAnew() throws {
    let site = try site()
    let path = "kustomize/base/service.yaml"
    let before = try site.text(path)
    try site.edit(path) { "<<<<<<< HEAD\n\($0)=======\n>>>>>>> other\n" }
    #expect(site.render("--check").code == .stale)
    #expect(site.render().code == .done)
    #expect(try site.text(path) == before)
  }

  @Test func aForeignFileBesideThemFailsNothing() throws {
    let site = try site()
    try File.write(Array("a: b\n".utf8), to: site.path("kustomize/base/mine.yaml"))
    let result = site.render("--check")
    #expect(result.code == .done)
    #expect(result.output.contains("not ours  kustomize/base/mine.yaml\n"))
  }

  @Test func whatIsNoFileIsNotOurs() throws {
    let site = try site()
    let link = site.path("kustomize/base/.#service.yaml")
    let pipe = site.path("kustomize/base/pipe.yaml")
    try make("ln", "-s", "nobody@nowhere", link)
    try make("mkfifo", pipe)
    for result in [site.render("--check"), site.render()] {
      #expect(result.code == .done)
      #expect(result.output.contains("not ours  kustomize/base/.#service.yaml\n"))
      #expect(result.output.contains("not ours  kustomize/base/pipe.yaml\n"))
    }
  }

  @Test func whatIsNoFileIsNotOverwritten() throws {
    let site = try site()
    try File.remove(site.path(values))
    try make("mkfifo", site.path(values))
    let image = "\(RenderSite.repository)@\(RenderSite.digest)"
    let check = site.render("--check", "--image", image)
    #expect(check.code == .stale)
    #expect(
      check.error.contains("move it away, as it was not rendered and would be lost: \(values)"))
    let result = site.render("--image", image)
    #expect(result.code == .refused)
    #expect(result.error.contains("\(values) was not rendered, and would be lost"))
    #expect(site.render().error.contains("the image that was rendered last cannot be told"))
  }

  private func make(_ program: String, _ words: String...) throws {
    let result = try Subprocess.Command(program, words).run(deadline: .after(.seconds(60)))
    #expect(result.isSuccess, "\(result.errorText)")
  }

  @Test func aChangeOfPlatformIsToldWithoutBeingWritten() throws {
    let site = try site()
    let before = try site.files().filter { $0.key != "platform.yaml" }
    try site.write(RenderSite.three.replacing("5Gi", with: "6Gi"))
    #expect(site.render("--check").code == .stale)
    let result = site.render("--diff")
    #expect(result.code == .failure)
    #expect(result.output.contains("-  storage: 5Gi\n+  storage: 6Gi\n"))
    #expect(try site.files().filter { $0.key != "platform.yaml" } == before)
  }

  @Test func aDifferenceHasWholeFilesThatComeAndGo() throws {
    let site = try site()
    try site.write(RenderSite.three.replacing("  staging:", with: "  testing:"))
    let output = site.render("--diff").output
    #expect(output.contains("--- /dev/null\n+++ b/kustomize/flat/testing.yaml\n"))
    #expect(output.contains("--- a/kustomize/flat/staging.yaml\n+++ /dev/null\n"))
  }

  @Test func nothingToChangeIsNoDifference() throws {
    let result = try site().render("--diff")
    #expect(result == TestProgram.Result(code: .done, output: "", error: ""))
  }

  @Test func aTerminalGetsColours() throws {
    let site = try site()
    try File.remove(site.path(values))
    #expect(site.render("--diff", isTerminal: true).output.contains("\u{1b}["))
    #expect(!site.render("--diff").output.contains("\u{1b}["))
  }

  @Test(arguments: [
    ["--check", "--diff"], ["--schema", "--all"], ["--explain", "x", "--image", "a:b"],
  ])
  func whatCannotBeTogetherIsRefused(_ words: [String]) throws {
    #expect(TestProgram.run(words: ["render"] + words, tree: Ops.commands).code == .usage)
  }
}
