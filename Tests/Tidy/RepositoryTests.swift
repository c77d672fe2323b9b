import Testing

/// The repository as it is now keeps its own laws.
@Suite struct RepositoryTests {
  @Test func importsGoDownTheFloors() throws {
    let violations = ImportLaw.violations(in: try .repository())
    #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
  }

  @Test func everyFileIsShortFinishedAndSafe() throws {
    let violations = try SourceTree.repository().files.flatMap(FileLaw.violations)
    #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
  }

  @Test func everyFolderHoldsWhatItMust() throws {
    let violations = TreeLaw.violations(in: try .repository())
    #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
  }

  /// A listing that misses most files would make every law above hold.
  @Test func theWholeRepositoryIsLookedAt() throws {
    let tree = try SourceTree.repository()
    for path in ["Package.swift", "Makefile", ".ci/run", "Sources/Libraries/Core/Secret.swift"] {
      #expect(tree.files.contains { $0.path == path })
    }
    #expect(tree.swift(under: "Sources/").count > 100)
    let modules = Set(tree.swift(under: "Sources/").compactMap { Floor.module(ofPath: $0.path) })
    #expect(modules.isSuperset(of: Modules.wrappers.union(["App", "Ops"])))
  }
}
