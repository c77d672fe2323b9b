/// What the folders of the repository must hold.
enum TreeLaw {
  /// All laws on the tree as a whole.
  static func violations(in tree: SourceTree) -> [String] {
    cLibraries(tree) + testFolders(tree) + decisions(tree)
  }

  /// A C library is imported, not written: two files and nothing else.
  private static func cLibraries(_ tree: SourceTree) -> [String] {
    let files = tree.files.filter { $0.path.hasPrefix("Sources/CLibraries/") }
    return Dictionary(grouping: files) { Floor.module(ofPath: $0.path) ?? "" }
      .flatMap { module, files -> [String] in
        let held = files.map { String($0.path.dropFirst("Sources/CLibraries/\(module)/".count)) }
        if held.sorted() == ["module.modulemap", "shim.h"] { return [] }
        return ["Sources/CLibraries/\(module) holds \(held.sorted().joined(separator: ", "))"]
      }
      .sorted()
  }

  /// Tests mirror the sources; the service's SQL is tested with what runs it.
  private static let testedElsewhere = ["Schema": "Tests/Libraries/Migrations/"]

  private static func testFolders(_ tree: SourceTree) -> [String] {
    var folders: Set<String> = []
    for file in tree.swift(under: "Sources/") {
      guard let module = Floor.module(ofPath: file.path) else { continue }
      let mirrored = file.path.hasPrefix("Sources/Libraries/")
      folders.insert(
        testedElsewhere[module] ?? (mirrored ? "Tests/Libraries/\(module)/" : "Tests/\(module)/"))
    }
    return folders.sorted().filter { folder in
      !tree.swift(under: folder).contains { $0.text.contains("@Test") }
    }.map { "\($0) holds no test" }
  }

  /// Decisions are numbered without gaps, and the index lists each.
  private static func decisions(_ tree: SourceTree) -> [String] {
    let folder = "docs/adr/"
    let files = tree.files.filter { $0.path.hasPrefix(folder) }
    guard let index = files.first(where: { $0.path == folder + "README.md" }) else {
      return ["docs/adr/README.md is missing"]
    }
    var found: [String] = []
    let records = files.map { String($0.path.dropFirst(folder.count)) }
      .filter { $0 != "README.md" }.sorted()
    for (position, name) in records.enumerated() {
      guard let match = name.wholeMatch(of: /(\d{4})-[a-z0-9-]+\.md/) else {
        found.append("\(folder)\(name) is not named NNNN-title.md")
        continue
      }
      if Int(match.1) != position + 1 {
        found.append("\(folder)\(name) should have the number \(position + 1)")
      }
      if !index.text.contains("(\(name))") {
        found.append("\(folder)README.md does not list \(name)")
      }
    }
    for match in index.text.matches(of: /\((\d{4}-[^)]*)\)/)
    where !records.contains(String(match.1)) {
      found.append("\(folder)README.md lists \(match.1), which is not there")
    }
    return found
  }
}
