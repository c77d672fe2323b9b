import Core
import POSIX
import Subprocess
import TestSupport
import Testing

@testable import Ops

/// docs/environments.md does what it says, on a copy of the repository.
@Suite struct EnvironmentsPageTests {
  /// Blocks behind this line are for people who have a cluster.
  private static let clusterMark = "<!-- needs a cluster -->"

  @Test func aNewEnvironmentRendersAndIsBuiltAtTheFirstTry() throws {
    let page = try File.readText(PlatformTests.root + "/docs/environments.md")
    let copy = try repository()
    let section = try #require(Self.blocks(of: page, "yaml").first)
    let platform = copy.file(Platform.fileName)
    try File.write(Array("\(try File.readText(platform))\n\(section)".utf8), to: platform)
    let commands = Self.blocks(of: page, "sh")
    #expect(commands.count == 2)
    let result = try shell(commands.joined(), in: copy)
    #expect(result.isSuccess, "\(result.outputText)\(result.errorText)")
    #expect(result.outputText.contains("new  kustomize/overlays/preview/kustomization.yaml"))
    #expect(
      try shell("git status --porcelain", in: copy).outputText == "",
      "what the page commits is all that was rendered")
  }

  /// The texts of the blocks of a language, but for those that need a cluster.
  private static func blocks(of page: String, _ language: String) -> [String] {
    var blocks: [String] = []
    var before = ""
    var block: (text: String, indent: Int)?
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      let text = line.drop { $0 == " " }
      if let open = block {
        if text == "```" {
          blocks.append(open.text)
          block = nil
        } else {
          block = ("\(open.text)\(line.dropFirst(open.indent))\n", open.indent)
        }
      } else if text == "```\(language)", before != clusterMark {
        block = ("", line.count - text.count)
      }
      before = String(text)
    }
    return blocks
  }

  /// What is rendered from and what is rendered, under the care of git.
  private func repository() throws -> TemporaryDirectory {
    let copy = TemporaryDirectory()
    let root = PlatformTests.root
    let result = try shell(
      """
      cp -R \(root)/platform.yaml \(root)/charts \(root)/kustomize .
      git init --quiet .
      git add .
      git commit --quiet --message all
      """, in: copy)
    #expect(result.isSuccess, "\(result.errorText)")
    return copy
  }

  private func shell(_ script: String, in directory: TemporaryDirectory) throws -> CommandResult {
    let programs = [Path.parent(of: ProcessInfo.executablePath), Path.parent(of: Kubectl.program)]
      .filter { $0 != "." }
    let path = (programs + [ProcessInfo.environment["PATH"] ?? ""]).joined(separator: ":")
    return try Subprocess.Command(
      "bash", ["-euo", "pipefail", "-c", script],
      variables: .inherited(changing: [
        "PATH": path, "GIT_AUTHOR_NAME": "test", "GIT_AUTHOR_EMAIL": "test@example.com",
        "GIT_COMMITTER_NAME": "test", "GIT_COMMITTER_EMAIL": "test@example.com",
        "GIT_CONFIG_GLOBAL": "/dev/null",
      ]), workingDirectory: directory.path
    ).run(deadline: .after(.seconds(180)))
  }
}
