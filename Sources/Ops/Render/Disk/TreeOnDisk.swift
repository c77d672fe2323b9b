import POSIX

/// A rendered tree beside what is on the disk.
struct TreeOnDisk: Sendable {
  /// How a file stands.
  enum State: Sendable, Equatable {
    /// As it would be rendered.
    case same
    /// Not there.
    case missing
    /// Rendered from something else, or changed since.
    case differs
    /// Not rendered, in the place of one that would be.
    case occupied
    /// Rendered once, and no longer.
    case leftover
    /// Not rendered there, in a folder of rendered files; it is left alone.
    case foreign

    /// The word in lists and in JSON.
    var word: String {
      switch self {
      case .same: "same"
      case .missing: "missing"
      case .differs: "differs"
      case .occupied: "occupied"
      case .leftover: "leftover"
      case .foreign: "foreign"
      }
    }
  }

  /// A file of either side.
  struct Entry: Sendable {
    let path: String
    let state: State
    /// Nil for what would not be rendered.
    let rendered: [UInt8]?
  }

  let root: String
  /// In the order of their paths.
  let entries: [Entry]

  /// Looks at every file of the tree, and at those that lie beside them.
  init(_ tree: RenderedTree, under root: String) throws(SystemError) {
    self.root = root
    let states = WorkThread.map(tree.files, "compare") { file in
      Result { () throws(SystemError) in try Self.state(of: file, under: root) }
    }
    var entries: [Entry] = []
    for (file, state) in zip(tree.files, states) {
      entries.append(Entry(path: file.path, state: try state.get(), rendered: file.bytes))
    }
    let known = Set(tree.files.map(\.path))
    for folder in tree.folders {
      for path in try Self.paths(below: folder, under: root) where !known.contains(path) {
        let state = try Self.isOld(path, known, under: root) ? State.leftover : .foreign
        entries.append(Entry(path: path, state: state, rendered: nil))
      }
    }
    self.entries = entries.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// Those in one of these states.
  func entries(_ states: State...) -> [Entry] { entries.filter { states.contains($0.state) } }

  /// Whether a rendering would change something.
  var isStale: Bool { !entries(.missing, .differs, .occupied, .leftover).isEmpty }

  private static func state(of file: RenderedFile, under root: String) throws(SystemError) -> State
  {
    let path = "\(root)/\(file.path)"
    let isThere = File.exists(path) || File.isLink(path)
    if isThere, !File.isRegular(path) { return .occupied }
    let found: [UInt8]
    do throws(SystemError) {
      found = try File.read(path)
    } catch {
      if error.isMissing { return .missing }
      throw error
    }
    if found == file.bytes { return .same }
    // Of an empty file nothing is lost.
    let needsHeader = FileHeader.isRendered(file.bytes) && !found.isEmpty
    return needsHeader && !FileHeader.isRendered(found) ? .occupied : .differs
  }

  /// Whether a file that would not be rendered was, or is what a killed rendering left.
  private static func isOld(
    _ path: String, _ known: Set<String>, under root: String
  ) throws(SystemError) -> Bool {
    if let whole = StagedFiles.abandoned(path) { return known.contains(whole) }
    // Editors leave links that lead nowhere, and a pipe has no end.
    guard File.isRegular("\(root)/\(path)", followingLinks: false) else { return false }
    return FileHeader.isRendered(try File.read("\(root)/\(path)"), at: path)
  }

  private static func paths(
    below folder: String, under root: String
  ) throws(SystemError) -> [String] {
    guard File.isDirectory("\(root)/\(folder)", followingLinks: false) else { return [] }
    var paths: [String] = []
    for name in try File.list("\(root)/\(folder)") {
      let path = "\(folder)/\(name)"
      if File.isDirectory("\(root)/\(path)", followingLinks: false) {
        paths += try Self.paths(below: path, under: root)
      } else {
        paths.append(path)
      }
    }
    return paths
  }
}
