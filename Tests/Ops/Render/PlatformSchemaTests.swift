import JSON
import POSIX
import TestSupport
import Testing
import YAML

@testable import Ops

/// The schema of platform.yaml takes what the reader takes, and refuses what a schema can refuse.
struct PlatformSchemaTests {
  let validator = SchemaValidator(PlatformSchema.document)

  @Test func theCommittedSchemaIsWhatTheTypesSay() throws {
    #expect(
      try GoldenText.difference(
        PlatformSchema.text, Path.name(of: PlatformSchema.path), in: PlatformTests.root + "/docs")
        == nil)
  }

  @Test func theCommittedFileIsAccepted() throws {
    #expect(try validator.accepts(Self.json(PlatformTests.committedText())))
  }

  @Test(arguments: [
    "service: { name: a, image: b }\nenvironments: { x: { target: local } }",
    "service: { name: a, image: b, port: ~ }\ndefaults: ~\nenvironments: { x: { target: local } }",
    "service: { name: a, image: b }\ndefaults: { target: local }\nenvironments: { x: {} }",
    """
    service: { name: a, image: b }
    defaults: { target: helm, context: c, namespace: n, auth: off, backup: { store: "s3://b/p" } }
    environments:
      x: { database: cloudnative-pg, backup: { schedule: "1 1 * * *" }, env: { A: 1, B: ~ } }
    """,
    """
    service: { name: a, image: b }
    environments:
      x:
        target: local
        secrets: { jwt: { vault: secret/data/a, sops: ~ } }
        rollout: { latencyFactor: 1.5 }
    """,
  ])
  func whatTheReaderTakesIsAccepted(_ text: String) throws {
    #expect(PlatformMistakeTests.report(text) == [])
    #expect(try validator.accepts(Self.json(text)), "\(text)")
  }

  /// Mistakes between values are the reader's alone.
  @Test(arguments: Mistake.all)
  func aMistakeThatASchemaCanSeeIsRefused(_ mistake: Mistake) throws {
    guard let node = try? YAMLReader.read(mistake.text) else { return }
    let problems = Self.problems(mistake.text)
    let isSeen = problems.contains(where: Self.isSeen)
    let accepted = try validator.accepts(node.json)
    // A file with nothing at all has an error of its own in place of those of keys.
    if isSeen || node == .null { #expect(!accepted) } else { #expect(accepted) }
  }

  /// Every value of production replaced by each of many others: both say the same.
  @Test func readerAndSchemaAgreeOnAnyValue() throws {
    let file = try YAMLReader.read(PlatformTests.committedText())
    let production = try #require(file.value(at: ["environments", "production"]))
    let root = Self.replacing(["environments"], in: file, with: ["production": production])
    var disagreements: [String] = []
    var refused = 0
    for path in Self.paths(root) {
      for value in Self.values {
        let changed = Self.replacing(path[...], in: root, with: value)
        let problems = Self.problems(YAMLWriter.write(changed))
        let isRefused = problems.contains(where: Self.isSeen)
        let accepted = try validator.accepts(changed.json)
        if accepted == isRefused {
          disagreements.append("\(path) = \(YAMLWriter.inline(value)): \(problems)")
        }
        refused += isRefused ? 1 : 0
      }
    }
    #expect(disagreements.isEmpty, "\(disagreements.prefix(5).joined(separator: "\n"))")
    #expect(refused > 500)
  }

  private static let values: [YAMLNode] = [
    .null, "", "x", "0", 0, 1, 70_000, -1, true, [], [:], ["x"], ["x": 1], "10s", "10m", "64Mi",
    "1.5", YAMLNode(.scalar(YAMLScalar("0.5", style: .plain))), "local", "sqlite", "a b",
    "1 2 3 4 5", "s3://b/p", ["existing": "a"], ["mode": "external"], "skip",
  ]

  /// Whether a schema can see it: within one value or mapping, or by the target.
  private static func isSeen(_ problem: PlatformProblem) -> Bool {
    switch problem.kind {
    case .rule(.secretInClear), .rule(.tlsAndGateway), .rule(.variableOfKey),
      .rule(.revisionGiven), .rule(.databaseVersionUnknown), .rule(.parameterTaken):
      true
    case .rule(.variableTaken): problem.path.last == "HTTP_PORT"
    case .rule(.unusedByTarget), .rule(.neededByTarget): true
    case .rule: false
    default: !isBeyondPatterns(problem)
    }
  }

  /// What is refused by arithmetic, or within a text whose form is right.
  private static func isBeyondPatterns(_ problem: PlatformProblem) -> Bool {
    guard case .notAllowed(let shown, _, _) = problem.kind else { return false }
    return (problem.path.last == "schedule" && shown.hasPrefix("61 "))
      || (problem.path == ["service", "port"] && shown == String(PortValues.adminDefault))
  }

  private static func problems(_ text: String) -> [PlatformProblem] {
    do throws(PlatformError) {
      _ = try Platform(Array(text.utf8))
      return []
    } catch {
      return error.problems
    }
  }

  private static func json(_ text: String) throws -> JSONValue { try YAMLReader.read(text).json }

  /// The keys that lead to each value, mappings and lists among them.
  private static func paths(_ node: YAMLNode) -> [[String]] {
    (node.mapping ?? []).flatMap { pair in
      [[pair.key]] + paths(pair.value).map { [pair.key] + $0 }
    }
  }

  private static func replacing(
    _ path: ArraySlice<String>, in node: YAMLNode, with value: YAMLNode
  ) -> YAMLNode {
    guard let key = path.first else { return value }
    return .mapping(
      (node.mapping ?? []).map { pair in
        let inner = pair.key == key ? replacing(path.dropFirst(), in: pair.value, with: value) : nil
        return (pair.key, inner ?? pair.value)
      })
  }
}
