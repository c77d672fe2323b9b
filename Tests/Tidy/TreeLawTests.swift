import Testing

@Suite struct TreeLawTests {
  private let good: [SourceTree.File] = [
    .sample("Sources/CLibraries/CLinux/module.modulemap"),
    .sample("Sources/CLibraries/CLinux/shim.h"), .sample("Sources/Libraries/Core/a.swift"),
    .sample("Tests/Libraries/Core/aTests.swift", "@Test func a() {}"),
    .sample("docs/adr/README.md", "[1](0001-first.md) [2](0002-second.md)"),
    .sample("docs/adr/0001-first.md"), .sample("docs/adr/0002-second.md"),
  ]

  @Test func aTreeThatKeepsTheLawsIsRight() {
    #expect(TreeLaw.violations(in: SourceTree(good)) == [])
  }

  @Test(arguments: [
    ("Sources/CLibraries/CLinux/b.c", "Sources/CLibraries/CLinux holds b.c, module.modulemap"),
    ("Sources/Libraries/New/a.swift", "Tests/Libraries/New/ holds no test"),
    ("Sources/App/a.swift", "Tests/App/ holds no test"),
    ("docs/adr/0003-third.md", "docs/adr/README.md does not list 0003-third.md"),
    ("docs/adr/notes.md", "docs/adr/notes.md is not named NNNN-title.md"),
  ])
  func aFileThatIsOneTooManyIsFound(path: String, violation: String) {
    let found = TreeLaw.violations(in: SourceTree(good + [.sample(path)]))
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix(violation) == true)
  }

  @Test(arguments: [
    ("docs/adr/README.md", "docs/adr/README.md is missing"),
    ("docs/adr/0001-first.md", "docs/adr/0002-second.md should have the number 1"),
    ("docs/adr/0002-second.md", "docs/adr/README.md lists 0002-second.md, which is not there"),
    ("Sources/CLibraries/CLinux/shim.h", "Sources/CLibraries/CLinux holds module.modulemap"),
    ("Tests/Libraries/Core/aTests.swift", "Tests/Libraries/Core/ holds no test"),
  ])
  func aFileThatIsMissingIsFound(path: String, violation: String) {
    let found = TreeLaw.violations(in: SourceTree(good.filter { $0.path != path }))
    #expect(found.contains(violation))
  }
}
