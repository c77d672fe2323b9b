import Core
import POSIX
import Testing

@testable import App

/// What the pages of docs/api show is what comes.
@Suite struct PageTests {
  @Test(arguments: TestDatabase.allCases, try PageExamples.pages)
  func everyExampleOfAPageHolds(_ database: TestDatabase, _ page: String) throws {
    let examples = try PageExamples(page: page)
    let site = try WalkSite(database)
    #expect(eventually { site.service.service.watch.isUsable })
    let outputs = try examples.run(
      port: site.service.service.socket.port, token: site.walk.token.reveal())
    #expect(outputs.count == examples.examples.count)
    for (example, output) in zip(examples.examples, outputs) {
      let expected = PageExamples.trimmed(example.output)
      let isSame =
        output.count == expected.count
        && zip(output, expected).allSatisfy { PageExamples.matches($0, $1) }
      #expect(
        isSame,
        """
        \(page):\(example.line): \(example.command)
        \(output.joined(separator: "\n"))
        """)
    }
  }

  @Test func everyPageHasExamples() throws {
    let pages = try PageExamples.pages
    #expect(pages.count >= 8)
    for page in pages {
      #expect(try !PageExamples(page: page).examples.isEmpty, "\(page)")
    }
  }

  @Test(arguments: [
    ("abc", "abc", true), ("abc", "abd", false), ("abc", "a…", true), ("abc", "a…d", false),
    ("a-b-c", "…b…", true), ("ab", "ab…b", false),
    ("0e7e4ae6-5f58-4e3c-8f2a-1d2c3b4a5968", "7d44e2d6-6b0a-4f6c-9a5b-2f1c3a9d8e10", true),
  ])
  func expectationsAreComparedByTheRules(_ line: String, _ expected: String, _ same: Bool) {
    #expect(PageExamples.matches(line, expected) == same)
  }
}
