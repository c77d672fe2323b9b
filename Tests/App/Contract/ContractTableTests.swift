import HTTPServer
import JSON
import POSIX
import TestSupport
import Testing

@testable import App

/// What contracts say is consistent in itself.
@Suite struct ContractTableTests {
  /// The tests that show what no single request brings about, by operation and status.
  ///
  /// Whoever documents such a failure names here what shows it.
  private static let shown: [String: String] = [
    "getReadiness 503": "withoutSchemaItIsDownAndNotReadyButAlive",
    "getHealth 503": "withoutSchemaItIsDownAndNotReadyButAlive",
    "postPerson 409": "aUUIDThatIsTakenIs409",
    "getPageViews 404": "aMonthWithoutViewsDoesNotGetTheCountOfALaterOne",
    "getPageViews 502": "anAnswerThatIsCutIsAskedForAgainAndThen502",
    "getPageViews 503": "aFailureThatLastsIs503WithRetryAfterAndOpensTheBreaker",
    "getMonthlyViewCount 502": "anAnswerThatIsCutIsAskedForAgainAndThen502",
    "getMonthlyViewCount 503": "aFailureThatLastsIs503WithRetryAfterAndOpensTheBreaker",
  ]

  @Test func everyExampleFitsItsSchema() throws {
    for operation in try WalkSite(.sqlite).walk.operations {
      let id = operation.contract.id
      for parameter in operation.contract.parameters {
        for value in [parameter.example, parameter.standard].compactMap({ $0 }) {
          #expect(parameter.schema.violations(of: value) == [], "\(id): \(parameter.name)")
        }
      }
      if case .json(let schema)? = operation.contract.body?.kind {
        let example = try JSONReader.read(Array((operation.contract.body?.example ?? "").utf8))
        #expect(schema.violations(of: example) == [], "\(id): the body")
      }
      for content in operation.contract.answers.flatMap(\.contents) {
        #expect(content.schema.violations(of: content.example) == [], "\(id): the answer")
      }
    }
  }

  @Test func identifiersAreUniqueAndLinksLeadSomewhere() throws {
    let operations = try WalkSite(.sqlite).walk.operations
    let identifiers = operations.map(\.contract.id)
    #expect(Set(identifiers).count == identifiers.count)
    for operation in operations {
      let inPath = operation.template.split(separator: "/").filter { $0.hasPrefix("{") }
        .map { String($0.dropFirst().dropLast()) }
      let documented = operation.contract.parameters.filter { $0.place == .path }.map(\.name)
      #expect(Set(inPath) == Set(documented), "\(operation.contract.id)")
      for link in operation.contract.answers.flatMap(\.links) {
        let target = operations.first { $0.contract.id == link.operationID }
        #expect(
          target?.contract.parameters.contains { $0.name == link.parameter } == true,
          "\(operation.contract.id) links to \(link.operationID)")
      }
    }
  }

  @Test func everyCircumstanceIsShownByATestThatExists() throws {
    var documented: Set<String> = []
    for operation in try WalkSite(.sqlite).walk.operations {
      for failure in operation.contract.failures {
        if case .circumstance = failure.cause {
          documented.insert("\(operation.contract.id) \(failure.status)")
        }
      }
    }
    #expect(documented == Set(Self.shown.keys))
    let tests = try Self.tests(in: Path.parent(of: Path.parent(of: #filePath)))
    for (failure, name) in Self.shown {
      let exists = tests.contains("func \(name)(")
      #expect(exists, "\(failure): there is no test \(name)")
    }
  }

  private static func tests(in folder: String) throws -> String {
    try File.list(folder).map { name in
      let path = "\(folder)/\(name)"
      if File.isDirectory(path) { return try tests(in: path) }
      return name.hasSuffix(".swift") ? try File.readText(path) : ""
    }.joined(separator: "\n")
  }
}
