/// Where a module stands: imports go down, never up and never sideways between programs.
enum Floor: Int, Comparable {
  case cLibrary
  case library
  case program
  case test

  static func < (left: Floor, right: Floor) -> Bool { left.rawValue < right.rawValue }

  /// The floor of a file by its path, nil where it belongs to no module.
  init?(path: String) {
    if path.hasPrefix("Sources/CLibraries/") {
      self = .cLibrary
    } else if path.hasPrefix("Sources/Libraries/") {
      self = .library
    } else if path.hasPrefix("Sources/App/") || path.hasPrefix("Sources/Ops/") {
      self = .program
    } else if path.hasPrefix("Tests/") {
      self = .test
    } else {
      return nil
    }
  }

  /// The module that a file belongs to.
  static func module(ofPath path: String) -> String? {
    let parts = path.split(separator: "/").map(String.init)
    guard parts.count > 2 else { return nil }
    switch (parts[0], parts[1]) {
    case ("Sources", "CLibraries"), ("Sources", "Libraries"): return parts[2]
    case ("Sources", let program): return program
    default: return nil
    }
  }
}

/// The modules by what they may do.
enum Modules {
  /// Hold `unsafe`, and import C modules or Glibc: nobody else does.
  static let wrappers: Set = [
    "Core", "POSIX", "JSON", "Crypto", "YAML", "Subprocess", "Handover", "HTTPServer", "HTTPClient",
    "SQL", "XML",
  ]

  /// Libraries that one program must never import, and why it can do without.
  static let forbidden: [String: Set<String>] = [
    // A server has no use for the tool's parts, and must not grow with them.
    "App": ["Ops", "ObjectStorage", "Subprocess"],
    // The tool looks at the service from outside.
    "Ops": ["App", "HTTPServer"],
  ]
}
