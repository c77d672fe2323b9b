import POSIX
import TestSupport
import Testing

@testable import Ops

/// A folder with a platform.yaml, in which command lines of `ops render` are run.
struct RenderSite {
  static let repository = "ghcr.io/example/slipway"
  static let digest = "sha256:" + String(repeating: "4f", count: 32)

  let directory = TemporaryDirectory()

  /// Environments as they stand in the file, indented by two.
  init(environments: String = Self.three) throws { try write(environments) }

  static let three = """
      local:
        target: local
      staging:
        target: kustomize
        context: staging
        namespace: shop-staging
        host: staging.example.com
        database: { mode: bundled, storage: 5Gi }
      production:
        target: helm
        context: production
        namespace: shop
        host: shop.example.com
        auth: off
        secrets: { database: { existing: shop-database } }
        database: external
    """

  /// Replaces platform.yaml.
  func write(_ environments: String) throws {
    let text = """
      service: { name: slipway, image: \(Self.repository), port: 8080 }
      environments:
      \(environments)

      """
    try File.write(Array(text.utf8), to: platform)
  }

  var platform: String { path("platform.yaml") }

  func path(_ name: String) -> String { directory.file(name) }

  func text(_ name: String) throws -> String { try File.readText(path(name)) }

  /// Runs `ops render` with these words.
  @discardableResult
  func render(_ words: String..., isTerminal: Bool = false) -> TestProgram.Result {
    TestProgram.run(
      words: ["render", "--file", platform] + words, tree: Ops.commands, isTerminal: isTerminal)
  }

  /// Every file with its text.
  func files() throws -> [String: String] {
    Dictionary(uniqueKeysWithValues: try paths().map { ($0, try text($0)) })
  }

  /// Every file below the folder.
  func paths(below folder: String = "") throws -> [String] {
    try File.list(path(folder)).flatMap { name -> [String] in
      let inside = folder.isEmpty ? name : "\(folder)/\(name)"
      return File.isDirectory(path(inside)) ? try paths(below: inside) : [inside]
    }
  }

  /// Changes a file as a person would.
  func edit(_ name: String, _ change: (String) -> String) throws {
    try File.write(Array(change(try text(name)).utf8), to: path(name))
  }
}
