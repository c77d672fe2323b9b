/// Who may import whom.
enum ImportLaw {
  /// The violations in `tree`, one line each.
  static func violations(in tree: SourceTree) -> [String] {
    var modules: [String: Floor] = [:]
    for file in tree.files {
      guard let floor = Floor(path: file.path), let name = Floor.module(ofPath: file.path) else {
        continue
      }
      modules[name] = floor
    }
    let fromSources = tree.swift(under: "Sources/").flatMap { file in
      imports(of: file).compactMap { violation(file, $0, modules) }
    }
    let manifest = tree.files.first { $0.path == "Package.swift" }
    return fromSources + (manifest.map(manifestViolations) ?? ["Package.swift is missing"])
  }

  /// The modules that a file imports.
  static func imports(of file: SourceTree.File) -> [String] {
    file.lines.compactMap { line in
      guard SourceTree.File.mentions(["import"], in: line) else { return nil }
      let words = line.split(separator: " ").drop { $0.hasPrefix("@") || isAccess($0) }
      guard words.first == "import" else { return nil }
      let named = words.dropFirst()
      let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let"]
      let module =
        named.first.map { kinds.contains($0) } == true ? named.dropFirst().first : named.first
      return module?.split(separator: ".").first.map(String.init)
    }
  }

  private static func isAccess(_ word: Substring) -> Bool {
    ["public", "package", "internal", "private", "fileprivate"].contains(word)
  }

  private static func violation(
    _ file: SourceTree.File, _ imported: String, _ modules: [String: Floor]
  ) -> String? {
    guard let floor = Floor(path: file.path), let module = Floor.module(ofPath: file.path) else {
      return "\(file.path) belongs to no module"
    }
    let isC = modules[imported] == .cLibrary || imported == "Glibc"
    if isC, !Modules.wrappers.contains(module) {
      return "\(file.path) imports \(imported), which only wrapper modules may"
    }
    if imported == "Foundation" { return "\(file.path) imports Foundation" }
    if Modules.forbidden[module]?.contains(imported) == true {
      return "\(file.path): \(module) must never import \(imported)"
    }
    if let other = modules[imported], other > floor || (other == .program && module != imported) {
      return "\(file.path): \(module) imports \(imported), which stands above or beside it"
    }
    return nil
  }

  /// Targets may name only targets that stand before them in the manifest: then imports go one way.
  static func manifestViolations(_ manifest: SourceTree.File) -> [String] {
    var found: [String] = []
    if !manifest.text.contains("  dependencies: [],\n  targets: [") {
      found.append("Package.swift: the package's `dependencies: []` is not there")
    }
    if manifest.text.contains(".package(") { found.append("Package.swift names another package") }
    let targets = manifest.text.split(separator: "  targets: [", maxSplits: 1).last ?? ""
    let declaration = /(?:(?:cLibrary|library|program|tests)\(|name:)\s*"(\w+)"/
    for match in targets.matches(of: declaration) {
      // A folder may have a module's name.
      let before = targets[..<match.range.lowerBound].replacing(/(?:at|path): "\w+"/, with: "")
      if before.contains("\"\(match.1)\"") {
        found.append("Package.swift: \(match.1) is named before it is listed")
      }
    }
    return found
  }
}
